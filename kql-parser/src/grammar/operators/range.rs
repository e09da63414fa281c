//! `range x from a to b step c`

use crate::ast::{OperatorKind, Range};
use crate::combinators::word;
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let after = |text, want| preceded(word(text, want), expression::expression);
    (name::name, after("from", Want::From), after("to", Want::To), after("step", Want::Step))
        .map(|(name, from, to, step)| OperatorKind::Range(Box::new(Range { name, from, to, step })))
        .parse(i)
}
