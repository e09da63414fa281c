//! `sample-distinct 5 of x`

use crate::ast::{OperatorKind, SampleDistinct};
use crate::combinators::word;
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), expression::named, preceded(word("of", Want::Of), expression::named))
        .map(|(parameters, count, of)| OperatorKind::SampleDistinct(SampleDistinct { parameters, count, of }))
        .parse(i)
}
