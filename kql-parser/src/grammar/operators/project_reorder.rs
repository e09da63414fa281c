//! `project-reorder a, b* asc, c granny-desc`

use crate::ast::{OperatorKind, ReorderColumn, ReorderOrder};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{name, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if pipeline::ends_operator(&i) {
        return Ok((i, OperatorKind::ProjectReorder(Vec::new())));
    }
    let (rest, columns) = comma_list(column)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::ProjectReorder(columns)))
}

fn column(i: Tokens) -> Parsed<ReorderColumn> {
    let (rest, column) = name::pattern(i)?;
    let (after, order) = match name::compound(rest) {
        Ok((after, word)) => match word.text.as_str() {
            "asc" => (after, Some(ReorderOrder::Asc)),
            "desc" => (after, Some(ReorderOrder::Desc)),
            "granny-asc" => (after, Some(ReorderOrder::GrannyAsc)),
            "granny-desc" => (after, Some(ReorderOrder::GrannyDesc)),
            _ => (rest, None),
        },
        Err(_) => (rest, None),
    };
    Ok((after, ReorderColumn { column, order }))
}
