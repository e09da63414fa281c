//! `project x = e, ...`

use crate::ast::OperatorKind;
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if pipeline::ends_operator(&i) {
        return Ok((i, OperatorKind::Project(Vec::new())));
    }
    let (rest, columns) = comma_list(expression::named)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::Project(columns)))
}
