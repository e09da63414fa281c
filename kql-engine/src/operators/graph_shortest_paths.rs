//! `graph-shortest-paths`: the shortest paths between the ends of a pattern.
//!
//! <https://learn.microsoft.com/kusto/query/graph-shortest-paths-operator>

use crate::bind::Binder;
use crate::graph::Wanted;
use crate::plan::{GraphCycles, Relation};
use kql_parser::codes;
use kql_parser::{Span, ast};

pub(super) fn bind(binder: &mut Binder, search: &ast::GraphMatch, input: Relation, span: Span) -> Relation {
    let all = match super::parameter(&search.parameters, &["output"]) {
        None | Some(("any", _)) => false,
        Some(("all", _)) => true,
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: all, any");
            false
        }
    };
    if let [_, second, ..] = search.patterns.as_slice() {
        binder.error(codes::SHORTEST_PATH_PATTERN, second.span, "graph-shortest-paths expects a single pattern.");
    }
    let variable = |part: &ast::GraphPart| matches!(part, ast::GraphPart::Edge(edge) if edge.range.is_some());
    if let Some(first) = search.patterns.first()
        && !first.parts.iter().any(variable)
    {
        binder.error(
            codes::SHORTEST_PATH_PATTERN,
            first.span,
            "The pattern of graph-shortest-paths must have an edge of variable length.",
        );
    }
    super::graph_match::look(binder, search, input, GraphCycles::UniqueEdges, Wanted::Shortest(all), span)
}
