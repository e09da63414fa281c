//! `top n by a desc, b`

use super::sort;
use crate::ast::{OperatorKind, Top};
use crate::combinators::{fatal, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, count) = expression::expression(rest).map_err(fatal)?;
    let (rest, _) = word("by", Want::By)(rest).map_err(fatal)?;
    let (rest, key) = sort::key(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Top(Top { parameters, count, keys: vec![key] })))
}
