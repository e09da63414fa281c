//! `reduce kind=source by x with threshold=0.1, characters=' '`

use crate::ast::{OperatorKind, Reduce};
use crate::combinators::{comma_list, opt_after, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let by = preceded(word("by", Want::By), expression::named);
    let with = opt_after("with", Want::With, comma_list(parameter::property));
    (parameter::parameters(&["kind"]), by, with.map(Option::unwrap_or_default))
        .map(|(parameters, by, properties)| OperatorKind::Reduce(Reduce { parameters, by, properties }))
        .parse(i)
}
