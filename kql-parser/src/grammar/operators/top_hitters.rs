//! `top-hitters 5 of a by b`

use crate::ast::{OperatorKind, TopHitters};
use crate::combinators::{opt_after, word};
use crate::grammar::expression;
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let of = preceded(word("of", Want::Of), expression::named);
    (expression::named, of, opt_after("by", Want::By, expression::named))
        .map(|(count, of, by)| OperatorKind::TopHitters(TopHitters { count, of, by }))
        .parse(i)
}
