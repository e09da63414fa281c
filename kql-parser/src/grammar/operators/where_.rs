//! `where predicate`

use crate::ast::OperatorKind;
use crate::grammar::expression;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    expression::expression.map(OperatorKind::Where).parse(i)
}
