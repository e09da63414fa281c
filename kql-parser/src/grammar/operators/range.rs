//! `range x from a to b step c`

use crate::ast::{OperatorKind, Range};
use crate::combinators::{fatal, word};
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, name) = name::name(i).map_err(fatal)?;
    let (rest, _) = word("from", Want::From)(rest).map_err(fatal)?;
    let (rest, from) = expression::expression(rest).map_err(fatal)?;
    let (rest, _) = word("to", Want::To)(rest).map_err(fatal)?;
    let (rest, to) = expression::expression(rest).map_err(fatal)?;
    let (rest, _) = word("step", Want::Step)(rest).map_err(fatal)?;
    let (rest, step) = expression::expression(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Range(Box::new(Range { name, from, to, step }))))
}
