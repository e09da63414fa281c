//! `graph-where-nodes`, `graph-where-edges`: the graph with only the nodes, or edges, for which a condition is true.
//!
//! An edge is removed with either of its nodes.
//! <https://learn.microsoft.com/kusto/query/graph-where-nodes-operator>

use crate::bind::{Binder, PatternNames, Row};
use crate::plan::{Graph, GraphStep, Relation};
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn nodes(binder: &mut Binder, condition: &ast::Expr, input: Relation, span: Span) -> Relation {
    filtered(binder, input, span, |binder, graph| {
        // node_degree_in() without arguments is the degree of the tested node
        let names = PatternNames { degrees: Some(Vec::new()), ..PatternNames::default() };
        let outer = binder.pattern.replace(names);
        let condition = binder.predicate(condition, Row { columns: &graph.nodes, ..Row::default() });
        let names = std::mem::replace(&mut binder.pattern, outer).unwrap_or_default();
        (!condition.is_error()).then(|| GraphStep::Nodes(condition, names.degrees.unwrap_or_default()))
    })
}

pub(super) fn edges(binder: &mut Binder, condition: &ast::Expr, input: Relation, span: Span) -> Relation {
    filtered(binder, input, span, |binder, graph| {
        let condition = binder.predicate(condition, Row { columns: &graph.edges, ..Row::default() });
        (!condition.is_error()).then_some(GraphStep::Edges(condition))
    })
}

fn filtered(
    binder: &mut Binder,
    input: Relation,
    span: Span,
    step: impl FnOnce(&mut Binder, &Graph) -> Option<GraphStep>,
) -> Relation {
    let Some(graph) = input.graph.clone() else {
        if !input.open {
            binder.error(codes::GRAPH_EXPECTED, span, "The query operator requires an input graph.");
        }
        return Relation { open: true, ..input };
    };
    let Some(step) = step(binder, &graph) else { return input };
    let mut graph = Graph::clone(&graph);
    graph.steps.push(step);
    Relation { graph: Some(Arc::new(graph)), ..Relation::default() }
}
