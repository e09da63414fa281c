//! `consume`, `consume decodeblocks=true`

use crate::ast::OperatorKind;
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["decodeblocks"])?;
    Ok((rest, OperatorKind::Consume(parameters)))
}
