//! `project-rename x = e, ...`

use crate::ast::OperatorKind;
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if pipeline::ends_operator(&i) {
        return Ok((i, OperatorKind::ProjectRename(Vec::new())));
    }
    let (rest, columns) = comma_list(expression::named)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::ProjectRename(columns)))
}
