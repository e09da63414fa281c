//! `sample 5`

use crate::ast::{OperatorKind, Sample};
use crate::combinators::fatal;
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, count) = expression::named(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Sample(Sample { parameters, count })))
}
