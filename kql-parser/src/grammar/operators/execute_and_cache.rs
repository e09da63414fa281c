//! `__executeAndCache`

use crate::ast::OperatorKind;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    Ok((i, OperatorKind::ExecuteAndCache))
}
