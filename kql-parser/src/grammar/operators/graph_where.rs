//! `graph-where-nodes p`, `graph-where-edges p`

use crate::ast::OperatorKind;
use crate::combinators::fatal;
use crate::grammar::expression;
use crate::input::{Parsed, Tokens};

pub(super) fn nodes(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, predicate) = expression::expression(i).map_err(fatal)?;
    Ok((rest, OperatorKind::GraphWhereNodes(predicate)))
}

pub(super) fn edges(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, predicate) = expression::expression(i).map_err(fatal)?;
    Ok((rest, OperatorKind::GraphWhereEdges(predicate)))
}
