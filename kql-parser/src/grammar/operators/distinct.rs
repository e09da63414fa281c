//! `distinct a, b`, `distinct *`

use crate::ast::{Distinct, OperatorKind};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, columns) = comma_list(expression::named)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Distinct(Distinct { parameters, columns })))
}
