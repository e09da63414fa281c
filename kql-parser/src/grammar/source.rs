//! Sources of a pipeline that are written out: `datatable`, `externaldata`, and those only Kusto itself writes.

use crate::Diagnostic;
use crate::ast::{
    ContextualDatatable, Datatable, Expr, ExprKind, Externaldata, InlineExternalTable, MaterializedViewCombine,
    OperatorKind, PartitionColumn, PathPart,
};
use crate::codes;
use crate::combinators::{BRACKETS, PARENS, fatal, loosely_bracketed, token, word};
use crate::grammar::operators::summarize;
use crate::grammar::{expression, literal, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

/// `datatable (a: long) [1, 2]`
pub fn datatable(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, parameters) = parameter::parameters(i.skip(1), &["kind"])?;
    let (rest, columns) = name::row_schema(rest).map_err(fatal)?;
    let (rest, (values, values_span)) = loosely_bracketed(BRACKETS.0, BRACKETS.1, value)(rest).map_err(fatal)?;
    let datatable = Datatable { parameters, columns, values, values_span };
    Ok((rest, Expr { kind: ExprKind::Datatable(Box::new(datatable)), span: rest.from(start) }))
}

/// A literal; what is none is read all the same, and reported.
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
    let start = i.span();
    let (rest, parameters) = parameter::parameters(i.skip(1), &["kind"])?;
    let (rest, columns) = name::row_schema(rest).map_err(fatal)?;
    let (rest, (uris, _)) =
        loosely_bracketed(BRACKETS.0, BRACKETS.1, pipeline::expression_or_pipeline)(rest).map_err(fatal)?;
    let (rest, properties) = parameter::opt_with(rest)?;
    let data = Externaldata { parameters, columns, uris, properties };
    Ok((rest, Expr { kind: ExprKind::Externaldata(Box::new(data)), span: rest.from(start) }))
}

/// `inline_external_table (a: long) kind=storage partition by (p: long) pathformat = (p) dataformat=csv ('uri')`
pub fn inline_external_table(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, columns) = if i.ahead(1).kind == Kind::OpenParen {
        name::row_schema(i.skip(1)).map_err(fatal)?
    } else {
        (i.skip(1), vec![])
    };
    let (rest, _) = word("kind", Want::Kind)(rest).map_err(fatal)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let (mut rest, kind) = name::name(rest).map_err(fatal)?;
    let (mut partitions, mut path, mut format) = (Vec::new(), Vec::new(), None);
    if rest.is_word("partition") {
        let (after, _) = word("by", Want::By)(rest.skip(1)).map_err(fatal)?;
        (rest, (partitions, _)) = loosely_bracketed(PARENS.0, PARENS.1, partition)(after).map_err(fatal)?;
    }
    if rest.is_word("pathformat") {
        let (after, _) = token(Kind::Assign, Want::Assign)(rest.skip(1)).map_err(fatal)?;
        (rest, path) = path_format(after).map_err(fatal)?;
    }
    if rest.is_word("dataformat") {
        let (after, _) = token(Kind::Assign, Want::Assign)(rest.skip(1)).map_err(fatal)?;
        let (after, name) = name::name(after).map_err(fatal)?;
        (rest, format) = (after, Some(name));
    }
    let (rest, (uris, _)) = loosely_bracketed(PARENS.0, PARENS.1, expression::argument)(rest).map_err(fatal)?;
    let (rest, properties) = parameter::opt_with(rest)?;
    let table = InlineExternalTable { columns, kind, partitions, path, format, uris, properties };
    Ok((rest, Expr { kind: ExprKind::InlineExternalTable(Box::new(table)), span: rest.from(start) }))
}

/// `p: datetime = bin(t, 1d)`
fn partition(i: Tokens) -> Parsed<PartitionColumn> {
    let (rest, column) = name::column_declaration(i)?;
    if rest.kind() != Kind::Assign {
        return Ok((rest, PartitionColumn { column, value: None }));
    }
    let (rest, value) = expression::expression(rest.skip(1)).map_err(fatal)?;
    Ok((rest, PartitionColumn { column, value: Some(value) }))
}

/// `('a/' p '/b' datetime_pattern('yyyy', q))`
fn path_format(i: Tokens) -> Parsed<Vec<PathPart>> {
    let (mut rest, _) = token(Kind::OpenParen, Want::OpenParen)(i)?;
    let mut parts = Vec::new();
    while rest.kind() != Kind::CloseParen {
        let (next, part) = path_part(rest)?;
        parts.push(part);
        rest = next;
    }
    Ok((rest.skip(1), parts))
}

fn path_part(i: Tokens) -> Parsed<PathPart> {
    if i.is_word("datetime_pattern") {
        let (rest, _) = token(Kind::OpenParen, Want::OpenParen)(i.skip(1))?;
        let (rest, pattern) = literal::string(rest)?;
        let (rest, _) = token(Kind::Comma, Want::Comma)(rest)?;
        let (rest, name) = name::name(rest)?;
        let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest)?;
        return Ok((rest, PathPart::Datetime(pattern, name)));
    }
    if i.kind() == Kind::Word {
        let (rest, name) = name::name(i)?;
        return Ok((rest, PathPart::Column(name)));
    }
    let (rest, text) = literal::string(i)?;
    Ok((rest, PathPart::Text(text)))
}

/// `__contextual_datatable id (a: long)`
pub fn contextual_datatable(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let after = i.skip(1);
    let (rest, id) = if literal::starts(&after) { literal::literal(after)? } else { expression::expression(after)? };
    let (rest, columns) = name::row_schema(rest).map_err(fatal)?;
    let table = ContextualDatatable { id, columns };
    Ok((rest, Expr { kind: ExprKind::ContextualDatatable(Box::new(table)), span: rest.from(start) }))
}

/// Whether `materialized-view-combine` stands here.
pub fn is_view_combine(i: &Tokens) -> bool {
    i.skip(5).from(i.span()).text(i.text) == "materialized-view-combine"
}

/// `materialized-view-combine (name) base (T) delta (T) aggregations (summarize count())`
pub fn view_combine(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, name) = in_parens(i.skip(5), pipeline::expression_or_pipeline)?;
    let (rest, _) = word("base", Want::Name)(rest).map_err(fatal)?;
    let (rest, base) = in_parens(rest, pipeline::expression_or_pipeline)?;
    let (rest, _) = word("delta", Want::Name)(rest).map_err(fatal)?;
    let (rest, delta) = in_parens(rest, pipeline::expression_or_pipeline)?;
    let (rest, _) = word("aggregations", Want::Name)(rest).map_err(fatal)?;
    let (rest, operator) = in_parens(rest, |i| {
        let (rest, _) = word("summarize", Want::Operator)(i)?;
        summarize::parse(rest)
    })?;
    let OperatorKind::Summarize(aggregations) = operator else { return i.expected(Want::Operator).map_err(fatal) };
    let combine = MaterializedViewCombine { name, base, delta, aggregations };
    Ok((rest, Expr { kind: ExprKind::MaterializedViewCombine(Box::new(combine)), span: rest.from(start) }))
}

fn in_parens<'a, T>(i: Tokens<'a>, inner: impl Fn(Tokens<'a>) -> Parsed<'a, T>) -> Parsed<'a, T> {
    let (rest, _) = token(Kind::OpenParen, Want::OpenParen)(i).map_err(fatal)?;
    let (rest, value) = inner(rest).map_err(fatal)?;
    let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    Ok((rest, value))
}
