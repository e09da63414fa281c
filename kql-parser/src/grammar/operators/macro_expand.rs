//! `macro-expand isfuzzy=true entity_group [A, B] as X (X.T | count)`

use super::union;
use crate::ast::{Expr, ExprKind, MacroExpand, OperatorKind};
use crate::combinators::{fatal, opt_word, token};
use crate::grammar::{expression, name, parameter, query};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, union::PARAMETERS)?;
    let (rest, group) = group(rest).map_err(fatal)?;
    let (rest, as_span) = opt_word("as", Want::As, rest);
    let (rest, name) = if as_span.is_some() {
        let (rest, name) = name::name(rest).map_err(fatal)?;
        (rest, Some(name))
    } else {
        (rest, None)
    };
    let start = rest.span();
    let (rest, _) = token(Kind::OpenParen, Want::OpenParen)(rest).map_err(fatal)?;
    let (rest, body) = query::statements(rest, Kind::CloseParen);
    let (rest, end) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    let expand = MacroExpand { parameters, group, name, body, body_span: start.to(end) };
    Ok((rest, OperatorKind::MacroExpand(expand)))
}

/// A name before parentheses is no call here, but for those that name places.
fn group(i: Tokens) -> Parsed<Expr> {
    let called = i.ahead(1).kind == Kind::OpenParen;
    match i.text_ahead(0) {
        "entity_group" => expression::operand(i),
        "cluster" | "database" if called => expression::operand(i),
        _ => {
            let (rest, name) = name::name(i)?;
            Ok((rest, Expr { span: name.span, kind: ExprKind::Name(name) }))
        }
    }
}
