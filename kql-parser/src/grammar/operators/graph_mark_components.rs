//! `graph-mark-components kind=weak with_component_id=c`

use crate::ast::OperatorKind;
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    parameter::parameters(&["kind", "with_component_id"]).map(OperatorKind::GraphMarkComponents).parse(i)
}
