//! `project x = e, ...`

use crate::ast::OperatorKind;
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    pipeline::opt_list(expression::named).map(OperatorKind::Project).parse(i)
}
