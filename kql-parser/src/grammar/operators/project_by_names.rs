//! `project-by-names 'a', dynamic(['b*'])`

use crate::ast::OperatorKind;
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if pipeline::ends_operator(&i) {
        return Ok((i, OperatorKind::ProjectByNames(Vec::new())));
    }
    let (rest, names) = comma_list(expression::expression)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::ProjectByNames(names)))
}
