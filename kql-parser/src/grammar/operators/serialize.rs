//! `serialize`, `serialize n = row_number()`

use crate::ast::{OperatorKind, Serialize};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    if pipeline::ends_operator(&rest) {
        return Ok((rest, OperatorKind::Serialize(Serialize { parameters, columns: Vec::new() })));
    }
    let (rest, columns) = comma_list(expression::named)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Serialize(Serialize { parameters, columns })))
}
