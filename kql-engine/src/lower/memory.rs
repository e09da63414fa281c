//! Rows in memory, and rows of subqueries that ran before.

use super::values::pieces;
use super::{Lowering, name};
use crate::plan::PlanColumn;
use crate::scan_exec::{LocalRows, SourcedTable};
use crate::stored_rows::StoredRows;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{TryStreamExt, stream};
use std::sync::Arc;

impl Lowering<'_> {
    /// A table in memory, its columns by position.
    pub(super) fn memory(&self, columns: &[PlanColumn], batches: &[RecordBatch]) -> Result<LogicalPlan> {
        let schema = schema(columns);
        let mut own = Vec::with_capacity(batches.len());
        for batch in batches {
            own.append(&mut self.split(with_schema(batch, &schema)?));
        }
        over(columns, Arc::new(MemTable::try_new(schema, vec![own])?))
    }

    /// Stored rows, their columns by position.
    pub(super) fn stored(&self, columns: &[PlanColumn], rows: &Arc<StoredRows>) -> Result<LogicalPlan> {
        match rows.in_memory() {
            Some(batches) => self.memory(columns, batches),
            None => {
                let schema = schema(columns);
                let partition = Arc::new(FileRows { rows: rows.clone(), schema: schema.clone() });
                let table = StreamingTable::try_new(schema, vec![partition])?;
                let source = LocalRows("materialize".to_owned());
                over(columns, Arc::new(SourcedTable::new(table, Arc::new(source))))
            }
        }
    }
}

fn over(columns: &[PlanColumn], table: Arc<dyn TableProvider>) -> Result<LogicalPlan> {
    let plan = LogicalPlanBuilder::scan(super::TABLE, provider_as_source(table), None)?;
    plan.project(columns.iter().map(|c| super::table_column(c.id)).collect::<Vec<_>>())?.build()
}

fn schema(columns: &[PlanColumn]) -> SchemaRef {
    let fields: Vec<Field> = columns.iter().map(|c| Field::new(name(c.id), c.ty.arrow(), true)).collect();
    Arc::new(Schema::new(fields))
}

/// The batch with the names of the schema.
fn with_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)?)
}

/// Stored rows that did not fit into memory, as the only partition of a table.
#[derive(Debug)]
struct FileRows {
    rows: Arc<StoredRows>,
    schema: SchemaRef,
}

impl PartitionStream for FileRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (schema, size) = (self.schema.clone(), context.session_config().batch_size().max(1));
        let batches = stream::once(std::future::ready(self.rows.read_file().map(stream::iter))).try_flatten();
        let pieces = batches.map_ok(move |batch| {
            let named = with_schema(&batch, &schema)?;
            Ok(stream::iter(pieces(named, size).map(Ok)))
        });
        let pieces = pieces.and_then(std::future::ready).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), pieces))
    }
}
