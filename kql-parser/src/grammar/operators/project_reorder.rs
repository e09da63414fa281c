//! `project-reorder a, b* asc, c granny-desc`

use crate::ast::{Name, OperatorKind, ReorderColumn, ReorderOrder};
use crate::grammar::{name, pipeline};
use crate::input::{Parsed, Tokens};
use nom::Parser;
use nom::combinator::{map_opt, opt};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    pipeline::opt_list(column).map(OperatorKind::ProjectReorder).parse(i)
}

fn column(i: Tokens) -> Parsed<ReorderColumn> {
    let order = map_opt(name::compound, |word: Name| match word.text.as_str() {
        "asc" => Some(ReorderOrder::Asc),
        "desc" => Some(ReorderOrder::Desc),
        "granny-asc" => Some(ReorderOrder::GrannyAsc),
        "granny-desc" => Some(ReorderOrder::GrannyDesc),
        _ => None,
    });
    (name::pattern, opt(order)).map(|(column, order)| ReorderColumn { column, order }).parse(i)
}
