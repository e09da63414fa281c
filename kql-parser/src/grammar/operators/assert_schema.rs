//! `assert-schema (a: long, b: string)`

use crate::ast::OperatorKind;
use crate::grammar::name;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    name::row_schema.map(OperatorKind::AssertSchema).parse(i)
}
