//! `extend x = e, ...`

use crate::ast::OperatorKind;
use crate::combinators::comma_list;
use crate::grammar::expression;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    comma_list(expression::named).map(OperatorKind::Extend).parse(i)
}
