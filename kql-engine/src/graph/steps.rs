//! The operators on a graph between `make-graph` and the operator that returns rows.

use super::components;
use super::data::GraphData;
use super::error::GraphError;
use super::evaluate::{compute, truths};
use crate::plan::{ColumnId, Compiler, Graph, GraphStep, PlanColumn};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use std::sync::Arc;

/// The graph of these rows after all of its steps.
pub fn graph_of(graph: &Graph, rows: &[RecordBatch], compiler: &dyn Compiler) -> Result<GraphData, GraphError> {
    let mut data = GraphData::build(graph, rows)?;
    for done in &graph.steps {
        step(&mut data, graph, done, compiler)?;
    }
    Ok(data)
}

fn step(data: &mut GraphData, graph: &Graph, step: &GraphStep, compiler: &dyn Compiler) -> Result<(), GraphError> {
    let column = |columns: &[PlanColumn], arrays: &[ArrayRef], id: ColumnId| {
        columns.iter().position(|c| c.id == id).and_then(|at| arrays.get(at)).cloned().ok_or(GraphError::NoColumn)
    };
    match step {
        GraphStep::Components(strong) => {
            let marks = components::mark(data, *strong);
            data.node_columns.push(Arc::new(Int64Array::from(marks)));
        }
        GraphStep::Nodes(condition, degrees) => {
            let values = compute(compiler, condition, data.nodes, |id| {
                match degrees.iter().find(|(column, _)| *column == id) {
                    Some((_, ends_here)) => {
                        let lists = if *ends_here { &data.into } else { &data.out };
                        Ok(Arc::new(Int64Array::from_iter_values(lists.iter().map(|l| l.len() as i64))) as ArrayRef)
                    }
                    None => column(&graph.nodes, &data.node_columns, id),
                }
            })?;
            data.keep_nodes(&truths(&values))?;
        }
        GraphStep::Edges(condition) => {
            let values =
                compute(compiler, condition, data.edges.len(), |id| column(&graph.edges, &data.edge_columns, id))?;
            data.keep_edges(&truths(&values))?;
        }
    }
    Ok(())
}
