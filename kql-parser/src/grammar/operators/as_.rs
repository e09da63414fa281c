//! `as hint.materialized=true Name`

use crate::ast::{As, OperatorKind};
use crate::combinators::fatal;
use crate::grammar::{name, parameter};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, name) = name::name(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::As(As { parameters, name })))
}
