//! `graph-match cycles=none (a)-[e]->(b) where p project x`, and `graph-shortest-paths`, which is written alike

use super::graph_pattern;
use crate::ast::{GraphMatch, OperatorKind};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn graph_match(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i, &["cycles"])?;
    Ok((rest, OperatorKind::GraphMatch(parts)))
}

pub(super) fn shortest_paths(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i, &["output"])?;
    Ok((rest, OperatorKind::GraphShortestPaths(parts)))
}

fn parts<'a>(i: Tokens<'a>, names: &[&str]) -> Parsed<'a, GraphMatch> {
    let (rest, parameters) = parameter::parameters(i, names)?;
    let (rest, patterns) = comma_list(graph_pattern::pattern)(rest).map_err(fatal)?;
    let (rest, condition) = if rest.is_word("where") {
        let (rest, condition) = expression::expression(rest.skip(1)).map_err(fatal)?;
        (rest, Some(condition))
    } else {
        rest.note(Want::Where);
        (rest, None)
    };
    let (rest, project) = if rest.is_word("project") {
        comma_list(expression::named)(rest.skip(1)).map_err(fatal)?
    } else {
        (rest, Vec::new())
    };
    Ok((rest, GraphMatch { parameters, patterns, condition, project }))
}
