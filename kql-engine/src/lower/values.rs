//! Rows written in the query.

use super::{Lowering, name};
use crate::plan::{Expr, PlanColumn};
use crate::value::Value;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{Field, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use std::sync::Arc;

impl Lowering<'_> {
    /// A table in memory; its last column numbers the rows.
    pub(super) fn values(&self, columns: &[PlanColumn], rows: &[Vec<Expr>]) -> Result<LogicalPlan> {
        let Some((_, data)) = columns.split_last() else {
            return LogicalPlanBuilder::empty(false).build();
        };
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (i, column) in data.iter().enumerate() {
            let mut scalars = Vec::with_capacity(rows.len());
            for row in rows {
                let value = match row.get(i) {
                    Some(e) => self.constant(e)?.unwrap_or(Value::Null),
                    None => Value::Null,
                };
                scalars.push(value.to_scalar(column.ty));
            }
            arrays.push(if scalars.is_empty() {
                arrow::array::new_empty_array(&column.ty.arrow())
            } else {
                ScalarValue::iter_to_array(scalars)?
            });
        }
        arrays.push(Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)));
        let fields: Vec<Field> = columns
            .iter()
            .map(|c| Field::new(name(c.id), c.ty.arrow(), c.ty != crate::types::ScalarType::String))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), arrays)?;
        let table = MemTable::try_new(schema, vec![self.split(batch)])?;
        let plan = LogicalPlanBuilder::scan(super::TABLE, provider_as_source(Arc::new(table)), None)?;
        plan.project(columns.iter().map(|c| super::table_column(c.id)).collect::<Vec<_>>())?.build()
    }

    /// The rows in batches of the session's size.
    pub(super) fn split(&self, batch: RecordBatch) -> Vec<RecordBatch> {
        pieces(batch, self.state.config().batch_size().max(1)).collect()
    }
}

/// The rows in batches of at most `size` rows.
pub(super) fn pieces(batch: RecordBatch, size: usize) -> impl Iterator<Item = RecordBatch> {
    let rows = batch.num_rows();
    (0..rows).step_by(size).map(move |at| batch.slice(at, size.min(rows - at)))
}
