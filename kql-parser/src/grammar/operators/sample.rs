//! `sample 5`

use crate::ast::{OperatorKind, Sample};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), expression::named)
        .map(|(parameters, count)| OperatorKind::Sample(Sample { parameters, count }))
        .parse(i)
}
