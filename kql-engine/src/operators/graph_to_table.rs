//! `graph-to-table`: the nodes or the edges of a graph, or both as two tables.
//!
//! <https://learn.microsoft.com/kusto/query/graph-to-table-operator>

use crate::bind::Binder;
use crate::graph::GraphTable;
use crate::plan::{Expr, Graph, PlanColumn, Relation, StageKind};
use crate::types::ScalarType;
use kql_parser::Span;
use kql_parser::ast::{self, GraphOutputKind};
use kql_parser::codes;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, outputs: &[ast::GraphOutput], input: Relation, span: Span) -> Relation {
    let Some(graph) = input.graph.clone() else {
        if !input.open {
            binder.error(codes::GRAPH_EXPECTED, span, "The query operator requires an input graph.");
        }
        return Relation { open: true, ..binder.empty_relation() };
    };
    match outputs {
        [one] => table(binder, &graph, one),
        [first, second] => {
            if first.kind == second.kind {
                let message = "Missing graph entity type, expected values are nodes and edges.";
                binder.error(codes::GRAPH_OUTPUT_KIND, second.span, message);
            }
            for output in outputs.iter().filter(|o| o.name.is_none()) {
                binder.error(codes::GRAPH_OUTPUT_NAMES, output.span, "Multiple graph outputs require aliases.");
            }
            let tables = outputs
                .iter()
                .map(|o| {
                    let title = o.name.as_ref().map(|n| n.text.clone());
                    Relation { title: title.clone(), name: title, ..table(binder, &graph, o) }
                })
                .collect();
            Relation { tables, ..Relation::default() }
        }
        _ => {
            binder.error(codes::GRAPH_OUTPUT_COUNT, span, "graph-to-table returns nodes, edges or both.");
            binder.empty_relation()
        }
    }
}

fn table(binder: &mut Binder, graph: &Arc<Graph>, output: &ast::GraphOutput) -> Relation {
    let edges = output.kind == GraphOutputKind::Edges;
    let asked = |name: &str| super::parameter(&output.parameters, &[name]).map(|(name, _)| name.to_owned());
    let (first, second) =
        if edges { (asked("with_source_id"), asked("with_target_id")) } else { (asked("with_node_id"), None) };
    let hashes = (first.is_some(), second.is_some());
    let mut columns: Vec<PlanColumn> =
        first.into_iter().chain(second).map(|name| binder.new_column(name, ScalarType::Long)).collect();
    let own = if edges { &graph.edges } else { &graph.nodes };
    columns.extend(own.iter().map(|c| PlanColumn { id: binder.new_id(), ..c.clone() }));
    let rows = graph.rows.clone();
    let id = binder.new_column("", graph.id_type);
    let hash = crate::functions::scalar("hash");
    let Some(hash) = hash else {
        return Relation { columns, open: rows.open, ..binder.empty_relation() };
    };
    let value = Expr::column(&id, output.span);
    let hash = Expr::call(hash, vec![value], ScalarType::Long, output.span);
    let function = GraphTable { graph: graph.clone(), edges, hashes, hash };
    let staged = binder.staged(rows, StageKind::Table(Some(Arc::new(function))), Some(columns));
    Relation { order: Vec::new(), serialized: false, name: None, ..staged }
}
