//! Sources of a pipeline that are written out: `datatable`, `externaldata`, and those that only Kusto itself writes.

use crate::Diagnostic;
use crate::ast::{
    ContextualDatatable, Datatable, Expr, ExprKind, Externaldata, InlineExternalTable, MaterializedViewCombine,
    PartitionColumn, PathPart,
};
use crate::codes;
use crate::combinators::{BRACKETS, PARENS, loosely_bracketed, quiet, quiet_word, spanned, token, within, word};
use crate::grammar::operators::summarize;
use crate::grammar::{expression, literal, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cond, cut, not, opt};
use nom::multi::many0;
use nom::sequence::{preceded, separated_pair};

/// `datatable (a: long) [1, 2]`
pub fn datatable(i: Tokens) -> Parsed<Expr> {
    let parts =
        (parameter::parameters(&["kind"]), cut(name::row_schema), cut(spanned(loosely_bracketed(BRACKETS, value))));
    let datatable = preceded(quiet(Kind::Word), parts).map(|(parameters, columns, (values, values_span))| {
        ExprKind::Datatable(Box::new(Datatable { parameters, columns, values, values_span }))
    });
    expression::of_kind(datatable).parse(i)
}

/// A literal; any other expression is parsed too, and reported.
fn value(i: Tokens) -> Parsed<Expr> {
    let ends = |rest: &Tokens| matches!(rest.kind(), Kind::Comma | Kind::CloseBracket | Kind::End);
    if literal::starts_signed(&i)
        && let (rest, value) = literal::signed(i)?
        && ends(&rest)
    {
        return Ok((rest, value));
    }
    let (rest, value) = expression::expression(i)?;
    i.report(Diagnostic::error(codes::LITERAL_EXPECTED, value.span, "Expected a literal."));
    Ok((rest, value))
}

/// `externaldata (a: long) ['uri'] with (format = 'csv')`
pub fn externaldata(i: Tokens) -> Parsed<Expr> {
    let parts = (
        parameter::parameters(&["kind"]),
        cut(name::row_schema),
        cut(loosely_bracketed(BRACKETS, pipeline::expression_or_pipeline)),
        parameter::opt_with,
    );
    let data = preceded(quiet(Kind::Word), parts).map(|(parameters, columns, uris, properties)| {
        ExprKind::Externaldata(Box::new(Externaldata { parameters, columns, uris, properties }))
    });
    expression::of_kind(data).parse(i)
}

/// `inline_external_table (a: long) kind=storage partition by (p: long) pathformat = (p) dataformat=csv ('uri')`
pub fn inline_external_table(i: Tokens) -> Parsed<Expr> {
    let assign = || cut(token(Kind::Assign, Want::Assign));
    let by = cut(word("by", Want::By));
    let parts = (
        cond(i.ahead(1).kind == Kind::OpenParen, name::row_schema),
        preceded((word("kind", Want::Kind), assign()), name::name),
        opt(preceded((quiet_word("partition"), by), cut(loosely_bracketed(PARENS, partition)))),
        opt(preceded((quiet_word("pathformat"), assign()), cut(path_format))),
        opt(preceded((quiet_word("dataformat"), assign()), cut(name::name))),
        loosely_bracketed(PARENS, expression::argument),
        parameter::opt_with,
    );
    let table =
        preceded(quiet(Kind::Word), cut(parts)).map(|(columns, kind, partitions, path, format, uris, properties)| {
            let (columns, partitions) = (columns.unwrap_or_default(), partitions.unwrap_or_default());
            let path = path.unwrap_or_default();
            let table = InlineExternalTable { columns, kind, partitions, path, format, uris, properties };
            ExprKind::InlineExternalTable(Box::new(table))
        });
    expression::of_kind(table).parse(i)
}

/// `p: datetime = bin(t, 1d)`
fn partition(i: Tokens) -> Parsed<PartitionColumn> {
    (name::column_declaration, opt(preceded(quiet(Kind::Assign), cut(expression::expression))))
        .map(|(column, value)| PartitionColumn { column, value })
        .parse(i)
}

/// `('a/' p '/b' datetime_pattern('yyyy', q))`
fn path_format(i: Tokens) -> Parsed<Vec<PathPart>> {
    within(PARENS, many0(preceded(not(quiet(Kind::CloseParen)), cut(path_part)))).parse(i)
}

fn path_part(i: Tokens) -> Parsed<PathPart> {
    let pattern = separated_pair(literal::string, token(Kind::Comma, Want::Comma), name::name);
    match i.kind() {
        Kind::Word if i.is_word("datetime_pattern") => {
            within(PARENS, pattern).map(|(pattern, name)| PathPart::Datetime(pattern, name)).parse(i.skip(1))
        }
        Kind::Word => name::name.map(PathPart::Column).parse(i),
        _ => literal::string.map(PathPart::Text).parse(i),
    }
}

/// `__contextual_datatable id (a: long)`
pub fn contextual_datatable(i: Tokens) -> Parsed<Expr> {
    let table = preceded(quiet(Kind::Word), (literal::or_expression, cut(name::row_schema)))
        .map(|(id, columns)| ExprKind::ContextualDatatable(Box::new(ContextualDatatable { id, columns })));
    expression::of_kind(table).parse(i)
}

/// Whether `materialized-view-combine` is next.
pub fn is_view_combine(i: &Tokens) -> bool {
    i.skip(5).from(i.span()).text(i.text) == "materialized-view-combine"
}

/// `materialized-view-combine (name) base (T) delta (T) aggregations (summarize count())`
pub fn view_combine(i: Tokens) -> Parsed<Expr> {
    let part = || within(PARENS, pipeline::expression_or_pipeline);
    let aggregations = within(PARENS, preceded(word("summarize", Want::Operator), summarize::parts));
    let (rest, (name, base, delta, aggregations)) = cut((
        part(),
        preceded(word("base", Want::Name), part()),
        preceded(word("delta", Want::Name), part()),
        preceded(word("aggregations", Want::Name), aggregations),
    ))
    .parse(i.skip(5))?;
    let combine = MaterializedViewCombine { name, base, delta, aggregations };
    Ok((rest, Expr { kind: ExprKind::MaterializedViewCombine(Box::new(combine)), span: rest.from(i.span()) }))
}
