//! `sample-distinct 5 of x`

use crate::ast::{OperatorKind, SampleDistinct};
use crate::combinators::{fatal, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, count) = expression::named(rest).map_err(fatal)?;
    let (rest, _) = word("of", Want::Of)(rest).map_err(fatal)?;
    let (rest, of) = expression::named(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::SampleDistinct(SampleDistinct { parameters, count, of })))
}
