//! Tables whose rows a table provider of DataFusion gives, for embedding.

use super::normalize::{natural, physical};
use super::report::InputReport;
use super::table::SourceTable;
use crate::error::SourceError;
use crate::types::{Column, ScalarType, TableSchema};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;

/// A table from a provider. Columns become what [`super::from_batches`] makes of their fields.
pub fn from_provider(name: &str, provider: Arc<dyn TableProvider>) -> std::result::Result<SourceTable, SourceError> {
    let mut schema = TableSchema::default();
    for field in provider.schema().fields() {
        if schema.column(field.name()).is_some() {
            let reason = format!("two columns are called {}", field.name());
            return Err(SourceError::Batches { table: name.to_owned(), reason });
        }
        schema.columns.push(Column::new(field.name(), natural(field)));
    }
    let types = schema.columns.iter().map(|c| c.ty).collect();
    let provider = Arc::new(Converted { schema: schema.plain(), types, provider });
    let report = Arc::new(InputReport::default());
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

/// A provider with columns of KQL's types. Its filters are applied above it.
#[derive(Debug)]
struct Converted {
    provider: Arc<dyn TableProvider>,
    schema: SchemaRef,
    types: Vec<ScalarType>,
}

#[async_trait]
impl TableProvider for Converted {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        self.provider.table_type()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.types.len()).collect());
        let schema: SchemaRef = Arc::new(self.schema.project(&wanted)?);
        let types: Arc<[ScalarType]> = wanted.iter().filter_map(|i| self.types.get(*i).copied()).collect();
        let input = self.provider.scan(state, Some(&wanted), &[], limit).await?;
        let partitions = (0..input.output_partitioning().partition_count()).map(|partition| {
            let (input, schema, types) = (input.clone(), schema.clone(), types.clone());
            Arc::new(Partition { input, partition, schema, types }) as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTableExec::try_new(schema.clone(), partitions.collect(), None, None, false, None)?))
    }
}

/// A partition of the provider's rows.
struct Partition {
    input: Arc<dyn ExecutionPlan>,
    partition: usize,
    schema: SchemaRef,
    types: Arc<[ScalarType]>,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({})", self.partition)
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let input = match self.input.execute(self.partition, context) {
            Ok(input) => input,
            Err(error) => {
                let failed = futures::stream::iter([Err::<RecordBatch, DataFusionError>(error)]);
                return Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), failed));
            }
        };
        let (schema, types) = (self.schema.clone(), self.types.clone());
        let batches = input.map(move |batch| converted(&batch?, &schema, &types));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}

fn converted(batch: &RecordBatch, schema: &SchemaRef, types: &[ScalarType]) -> Result<RecordBatch> {
    let fields = batch.schema();
    let columns = batch.columns().iter().zip(fields.fields()).zip(types);
    let arrays = columns.map(|((array, field), ty)| physical(array, field, *ty));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays.collect::<std::result::Result<_, _>>()?, &options)?)
}
