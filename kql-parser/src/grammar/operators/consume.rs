//! `consume`, `consume decodeblocks=true`

use crate::ast::OperatorKind;
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    parameter::parameters(&["decodeblocks"]).map(OperatorKind::Consume).parse(i)
}
