//! `invoke f(x)`, `invoke database('d').f(x)`

use crate::ast::{ExprKind, OperatorKind};
use crate::grammar::expression;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if i.kind() != Kind::Word || i.ahead(1).kind != Kind::OpenParen {
        return i.expected(Want::Call);
    }
    let (rest, call) = expression::operand(i)?;
    match call.kind {
        ExprKind::Call(_) | ExprKind::Method(..) => Ok((rest, OperatorKind::Invoke(call))),
        _ => i.expected(Want::Call),
    }
}
