//! `project-keep a, b*`

use crate::ast::OperatorKind;
use crate::grammar::{name, pipeline};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    pipeline::opt_list(name::pattern).map(OperatorKind::ProjectKeep).parse(i)
}
