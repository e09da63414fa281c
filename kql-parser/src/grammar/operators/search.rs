//! `search kind=case_sensitive in (A, B*) 'term' and x: 'y'`

use super::union;
use crate::ast::{Binary, BinaryOp, DataScope, Expr, ExprKind, Name, OperatorKind, Pipeline, Search, SearchTables};
use crate::combinators::{PARENS, bracketed, fatal, token};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["kind"])?;
    let (rest, scope) = opt_scope(rest)?;
    let (rest, tables) = opt_tables(rest)?;
    let (rest, condition) = predicate(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Search(Search { parameters, scope, tables, condition })))
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
    let (after, right) = expression::expression(rest.skip(1)).map_err(fatal)?;
    let span = after.from(i.span());
    let binary = Binary { op: BinaryOp::And, op_span: rest.span(), left: star, right };
    Ok((after, Expr { kind: ExprKind::Binary(Box::new(binary)), span }))
}

/// `datascope=all`, where it stands.
pub(crate) fn opt_scope(i: Tokens) -> Parsed<Option<DataScope>> {
    if !i.is_word("datascope") || i.ahead(1).kind != Kind::Assign {
        return Ok((i, None));
    }
    let start = i.span();
    let (rest, _) = token(Kind::Assign, Want::Assign)(i.skip(1))?;
    let (rest, span) = token(Kind::Word, Want::Name)(rest).map_err(fatal)?;
    let value = Name { text: span.text(rest.text).to_owned(), span };
    Ok((rest, Some(DataScope { value, span: rest.from(start) })))
}

/// `in (A, B*)`, where it stands.
pub(super) fn opt_tables(i: Tokens) -> Parsed<Option<SearchTables>> {
    if !i.is_word("in") {
        i.note(Want::In);
        return Ok((i, None));
    }
    let start = i.span();
    let (rest, (tables, _)) = bracketed(PARENS.0, PARENS.1, table)(i.skip(1)).map_err(fatal)?;
    Ok((rest, Some(SearchTables { tables, span: rest.from(start) })))
}

/// A name, a path, a wildcard; `A | as B` gives a name.
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
