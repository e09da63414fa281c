//! `top n by a desc, b`

use super::sort;
use crate::ast::{OperatorKind, Top};
use crate::combinators::word;
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), expression::expression, preceded(word("by", Want::By), sort::key))
        .map(|(parameters, count, key)| OperatorKind::Top(Top { parameters, count, keys: vec![key] }))
        .parse(i)
}
