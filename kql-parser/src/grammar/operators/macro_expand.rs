//! `macro-expand isfuzzy=true entity_group [A, B] as X (X.T | count)`

use super::union;
use crate::ast::{Expr, MacroExpand, OperatorKind};
use crate::combinators::{PARENS, opt_after, spanned, within};
use crate::grammar::{expression, name, parameter, query};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let body = within(PARENS, |i| Ok(query::statements(i, Kind::CloseParen)));
    (parameter::parameters(union::PARAMETERS), group, opt_after("as", Want::As, name::name), spanned(body))
        .map(|(parameters, group, name, (body, body_span))| {
            OperatorKind::MacroExpand(MacroExpand { parameters, group, name, body, body_span })
        })
        .parse(i)
}

/// A name before parentheses is not a call here, except for the functions that refer to clusters and databases.
fn group(i: Tokens) -> Parsed<Expr> {
    let called = i.ahead(1).kind == Kind::OpenParen;
    match i.text_ahead(0) {
        "entity_group" => expression::operand(i),
        "cluster" | "database" if called => expression::operand(i),
        _ => name::name.map(Expr::from).parse(i),
    }
}
