//! Rows in memory as a part of a plan.

use super::{ColumnIds, Node, OrderKey, PlanColumn, Relation};
use crate::types::{ScalarType, TableSchema};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use std::sync::Arc;

/// Rows in memory as a relation.
pub fn in_memory(ids: &mut ColumnIds, schema: &TableSchema, batches: Vec<RecordBatch>) -> Relation {
    let columns: Vec<PlanColumn> = schema.columns.iter().map(|c| ids.column(c.name.clone(), c.ty)).collect();
    let row = ids.column("row", ScalarType::Long);
    let mut next = 0;
    let mut numbered = Vec::with_capacity(batches.len());
    for batch in batches {
        let rows = batch.num_rows() as i64;
        let mut arrays = batch.columns().to_vec();
        arrays.push(Arc::new(Int64Array::from_iter_values(next..next + rows)));
        next += rows;
        numbered.extend(batch_of(schema.columns.iter().map(|c| c.ty).chain([ScalarType::Long]), arrays));
    }
    Relation {
        node: Arc::new(Node::Memory {
            columns: columns.iter().cloned().chain([row.clone()]).collect(),
            batches: Arc::new(numbered),
        }),
        columns,
        order: vec![OrderKey { column: row.id, ascending: true, nulls_first: true }],
        ..Relation::default()
    }
}

/// A batch of columns of these types, by position; `None` if the columns do not fit.
pub fn batch_of(types: impl Iterator<Item = ScalarType>, arrays: Vec<ArrayRef>) -> Option<RecordBatch> {
    let fields: Vec<Field> = types.enumerate().map(|(i, ty)| Field::new(format!("f{i}"), ty.arrow(), true)).collect();
    let rows = arrays.first().map_or(0, |a| a.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).ok()
}
