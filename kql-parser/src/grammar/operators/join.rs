//! `join kind=inner (T) on a, $left.b == $right.c`, and `lookup`, which is written alike

use crate::ast::{Join, OperatorKind};
use crate::combinators::{comma_list, fatal};
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
    if !rest.is_word("on") && !rest.is_word("where") {
        return rest.expected(Want::On).map_err(fatal);
    }
    let (rest, on) = comma_list(expression::expression)(rest.skip(1)).map_err(fatal)?;
    Ok((rest, Join { parameters, right, on }))
}
