//! `graph-match cycles=none (a)-[e]->(b) where p project x`, and `graph-shortest-paths`, which has the same syntax

use super::graph_pattern;
use crate::ast::{GraphMatch, OperatorKind};
use crate::combinators::{comma_list, opt_after, quiet_word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

pub(super) fn graph_match(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i, &["cycles"])?;
    Ok((rest, OperatorKind::GraphMatch(parts)))
}

pub(super) fn shortest_paths(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i, &["output"])?;
    Ok((rest, OperatorKind::GraphShortestPaths(parts)))
}

fn parts<'a>(i: Tokens<'a>, names: &'static [&'static str]) -> Parsed<'a, GraphMatch> {
    let project = opt(preceded(quiet_word("project"), comma_list(expression::named)));
    (
        parameter::parameters(names),
        comma_list(graph_pattern::pattern),
        opt_after("where", Want::Where, expression::expression),
        project.map(Option::unwrap_or_default),
    )
        .map(|(parameters, patterns, condition, project)| GraphMatch { parameters, patterns, condition, project })
        .parse(i)
}
