//! `distinct a, b`, `distinct *`

use crate::ast::{Distinct, Expr, ExprKind, OperatorKind};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, columns) = comma_list(column)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Distinct(Distinct { parameters, columns })))
}

fn column(i: Tokens) -> Parsed<Expr> {
    if i.kind() == Kind::Star {
        return Ok((i.skip(1), Expr { kind: ExprKind::Star, span: i.span() }));
    }
    expression::named(i)
}
