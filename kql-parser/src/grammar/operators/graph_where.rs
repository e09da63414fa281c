//! `graph-where-nodes p`, `graph-where-edges p`

use crate::ast::OperatorKind;
use crate::grammar::expression;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn nodes(i: Tokens) -> Parsed<OperatorKind> {
    expression::expression.map(OperatorKind::GraphWhereNodes).parse(i)
}

pub(super) fn edges(i: Tokens) -> Parsed<OperatorKind> {
    expression::expression.map(OperatorKind::GraphWhereEdges).parse(i)
}
