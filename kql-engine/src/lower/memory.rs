//! Rows in memory: results of subqueries that ran before.

use super::{Lowering, name};
use crate::plan::PlanColumn;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use datafusion::common::Result;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use std::sync::Arc;

impl Lowering<'_> {
    /// A table in memory, its columns by position.
    pub(super) fn memory(&self, columns: &[PlanColumn], batches: &[RecordBatch]) -> Result<LogicalPlan> {
        let fields: Vec<Field> = columns.iter().map(|c| Field::new(name(c.id), c.ty.arrow(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut own = Vec::with_capacity(batches.len());
        for batch in batches {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let named = RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)?;
            own.append(&mut self.split(named));
        }
        let table = MemTable::try_new(schema, vec![own])?;
        let plan = LogicalPlanBuilder::scan(super::node::TABLE, provider_as_source(Arc::new(table)), None)?;
        plan.project(columns.iter().map(|c| super::table_column(c.id)).collect::<Vec<_>>())?.build()
    }
}
