//! `project-keep a, b*`

use crate::ast::OperatorKind;
use crate::combinators::{comma_list, fatal};
use crate::grammar::{name, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if pipeline::ends_operator(&i) {
        return Ok((i, OperatorKind::ProjectKeep(Vec::new())));
    }
    let (rest, columns) = comma_list(name::pattern)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::ProjectKeep(columns)))
}
