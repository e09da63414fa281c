//! `__partitionby x id 'v' (take 1)`

use crate::ast::{OperatorKind, PartitionBy};
use crate::combinators::quiet_word;
use crate::grammar::{expression, literal, parameter, pipeline};
use crate::input::{Parsed, Tokens};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let id = opt(preceded(quiet_word("id"), cut(literal::literal)));
    (parameter::parameters(&[]), expression::path, id, pipeline::subquery)
        .map(|(parameters, by, id, subquery)| OperatorKind::PartitionBy(PartitionBy { parameters, by, id, subquery }))
        .parse(i)
}
