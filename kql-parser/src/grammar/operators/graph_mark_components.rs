//! `graph-mark-components kind=weak with_component_id=c`

use crate::ast::OperatorKind;
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["kind", "with_component_id"])?;
    Ok((rest, OperatorKind::GraphMarkComponents(parameters)))
}
