//! Rows in memory, and rows of subqueries that ran before.

use super::{Lowering, name};
use crate::plan::PlanColumn;
use crate::stored_rows::StoredRows;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use std::fmt;
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
            None => over(columns, Arc::new(FileRows { rows: rows.clone(), schema: schema(columns) })),
        }
    }
}

fn over(columns: &[PlanColumn], table: Arc<dyn TableProvider>) -> Result<LogicalPlan> {
    let plan = LogicalPlanBuilder::scan(super::node::TABLE, provider_as_source(table), None)?;
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

/// Stored rows that did not fit into memory.
#[derive(Debug)]
struct FileRows {
    rows: Arc<StoredRows>,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for FileRows {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let places = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let projected = Arc::new(self.schema.project(&places)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(projected),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let size = session.config().batch_size().max(1);
        Ok(Arc::new(FileRowsExec { rows: self.rows.clone(), places, size, properties: Arc::new(properties) }))
    }
}

/// Reads stored rows from their file.
#[derive(Debug)]
struct FileRowsExec {
    rows: Arc<StoredRows>,
    places: Vec<usize>,
    /// The maximum number of rows of a batch.
    size: usize,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for FileRowsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "FileRowsExec")
    }
}

impl ExecutionPlan for FileRowsExec {
    fn name(&self) -> &str {
        "FileRowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("stored rows have no inputs") }
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (schema, places, size) = (self.schema(), self.places.clone(), self.size);
        let named = schema.clone();
        let batches = self.rows.read_file()?.flat_map(move |batch| {
            let whole = batch.and_then(|batch| with_schema(&batch.project(&places)?, &named));
            let (batch, failed) = match whole {
                Ok(batch) => (Some(batch), None),
                Err(error) => (None, Some(Err(error))),
            };
            let pieces = batch.into_iter().flat_map(move |batch| {
                let rows = batch.num_rows();
                (0..rows).step_by(size).map(move |at| Ok(batch.slice(at, size.min(rows - at))))
            });
            pieces.chain(failed)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches))))
    }
}
