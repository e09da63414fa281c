//! `count`, `count as Name`

use crate::ast::OperatorKind;
use crate::combinators::quiet_word;
use crate::grammar::name;
use crate::input::{Parsed, Tokens};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    opt(preceded(quiet_word("as"), cut(name::name))).map(OperatorKind::Count).parse(i)
}
