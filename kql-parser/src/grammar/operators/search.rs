//! `search kind=case_sensitive in (A, B*) 'term' and x: 'y'`

use super::union;
use crate::ast::{Binary, BinaryOp, DataScope, Expr, ExprKind, OperatorKind, Pipeline, Search, SearchTables};
use crate::combinators::{PARENS, bracketed, quiet, quiet_word, spanned, word};
use crate::grammar::{expression, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&["kind"]), opt_scope, opt_tables, predicate)
        .map(|(parameters, scope, tables, condition)| {
            OperatorKind::Search(Search { parameters, scope, tables, condition })
        })
        .parse(i)
}

/// `'term' or x: 'y'`, `*`, `* and x: 'y'`
fn predicate(i: Tokens) -> Parsed<Expr> {
    let star = Expr { kind: ExprKind::Star, span: i.span() };
    if i.kind() != Kind::Star {
        return expression::expression(i);
    }
    let rest = i.skip(1);
    if pipeline::ends_operator(&rest) {
        return Ok((rest, star));
    }
    if !rest.is_word("and") {
        return expression::expression(i);
    }
    let (after, right) = expression::expression(rest.skip(1))?;
    let span = after.from(i.span());
    let binary = Binary { op: BinaryOp::And, op_span: rest.span(), left: star, right };
    Ok((after, Expr { kind: ExprKind::Binary(Box::new(binary)), span }))
}

/// `datascope=all`, if present.
pub(crate) fn opt_scope(i: Tokens) -> Parsed<Option<DataScope>> {
    let value = preceded((quiet_word("datascope"), quiet(Kind::Assign)), cut(name::any_word(Want::Name)));
    opt(spanned(value).map(|(value, span)| DataScope { value, span })).parse(i)
}

/// `in (A, B*)`, if present.
pub(super) fn opt_tables(i: Tokens) -> Parsed<Option<SearchTables>> {
    let tables = preceded(word("in", Want::In), cut(bracketed(PARENS, table)));
    opt(spanned(tables).map(|(tables, span)| SearchTables { tables, span })).parse(i)
}

/// A name, a path or a wildcard; `A | as B` names a table.
fn table(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, table) = union::table(i)?;
    if rest.kind() != Kind::Pipe {
        return Ok((rest, table));
    }
    let (rest, operators) = pipeline::pipes(rest);
    let pipeline = Pipeline { source: Some(table), operators };
    Ok((rest, Expr { kind: ExprKind::Pipeline(Box::new(pipeline)), span: rest.from(start) }))
}
