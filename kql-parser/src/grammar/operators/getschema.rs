//! `getschema`, `getschema kind=csl`

use crate::ast::OperatorKind;
use crate::combinators::{quiet, quiet_word};
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{opt, peek};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let kind = peek((quiet_word("kind"), quiet(Kind::Assign)));
    opt(preceded(kind, parameter::property)).map(OperatorKind::GetSchema).parse(i)
}
