//! `join kind=inner (T) on a, $left.b == $right.c`, and `lookup`, which is written alike

use crate::ast::{Join, OperatorKind};
use crate::combinators::{comma_list, fatal, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn join(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, join) = parts(i)?;
    Ok((rest, OperatorKind::Join(join)))
}

pub(super) fn lookup(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, join) = parts(i)?;
    Ok((rest, OperatorKind::Lookup(join)))
}

fn parts(i: Tokens) -> Parsed<Join> {
    let (rest, parameters) = parameter::parameters(i, &["kind"])?;
    let (rest, right) = expression::operand(rest).map_err(fatal)?;
    let on_span = Some(rest.span());
    if rest.is_word("where") {
        let (rest, condition) = expression::expression(rest.skip(1)).map_err(fatal)?;
        return Ok((rest, Join { parameters, right, on: vec![condition], on_span, on_where: true }));
    }
    let (rest, _) = word("on", Want::On)(rest).map_err(fatal)?;
    let (rest, on) = comma_list(expression::expression)(rest).map_err(fatal)?;
    Ok((rest, Join { parameters, right, on, on_span, on_where: false }))
}
