//! `where predicate`

use crate::ast::OperatorKind;
use crate::combinators::fatal;
use crate::grammar::expression;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, predicate) = expression::expression(i).map_err(fatal)?;
    Ok((rest, OperatorKind::Where(predicate)))
}
