//! `distinct a, b`, `distinct *`

use crate::ast::{Distinct, Expr, ExprKind, OperatorKind};
use crate::combinators::{comma_list, quiet};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), comma_list(column))
        .map(|(parameters, columns)| OperatorKind::Distinct(Distinct { parameters, columns }))
        .parse(i)
}

fn column(i: Tokens) -> Parsed<Expr> {
    let star = quiet(Kind::Star).map(|span| Expr { kind: ExprKind::Star, span });
    alt((star, expression::named)).parse(i)
}
