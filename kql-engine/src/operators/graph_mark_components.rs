//! `graph-mark-components`: adds a column to the nodes with the component that each belongs to.
//!
//! <https://learn.microsoft.com/kusto/query/graph-mark-components-operator>

use crate::bind::Binder;
use crate::plan::{Graph, GraphStep, Relation};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, parameters: &[ast::Property], input: Relation, span: Span) -> Relation {
    let Some(graph) = input.graph.clone() else {
        if !input.open {
            binder.error(codes::GRAPH_EXPECTED, span, "The query operator requires an input graph.");
        }
        return Relation { open: true, ..input };
    };
    let strong = match super::parameter(parameters, &["kind"]) {
        None | Some(("weak", _)) => false,
        Some(("strong", _)) => true,
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: strong, weak");
            false
        }
    };
    let name = super::parameter(parameters, &["with_component_id"]).map_or("ComponentId", |(name, _)| name);
    if graph.nodes.iter().any(|c| c.name == name) {
        binder.error(codes::NODE_COLUMN_EXISTS, span, format!("The nodes already have a column '{name}'."));
        return input;
    }
    let column = binder.new_column(name, ScalarType::Long);
    let mut graph = Graph::clone(&graph);
    graph.nodes.push(column);
    graph.steps.push(GraphStep::Components(strong));
    Relation { graph: Some(Arc::new(graph)), ..Relation::default() }
}
