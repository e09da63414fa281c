//! Tables whose rows come from a table provider of DataFusion, for embedding.

use super::error::DuplicateColumn;
use super::mapped::mapped;
use super::normalize::{columns_of, physical_batch};
use super::report::InputReport;
use super::table::SourceTable;
use crate::error::SourceError;
use crate::types::ScalarType;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::StreamingTableExec;
use std::sync::Arc;

/// A table from a provider. Its columns get the types that [`super::from_batches`] determines from their fields.
pub fn from_provider(name: &str, provider: Arc<dyn TableProvider>) -> std::result::Result<SourceTable, SourceError> {
    let bad = |e: DuplicateColumn| SourceError::Batches { table: name.to_owned(), reason: e.to_string() };
    let schema = columns_of(provider.schema().fields()).map_err(bad)?;
    let types = schema.columns.iter().map(|c| c.ty).collect();
    let provider = Arc::new(Converted { schema: schema.plain(), types, provider });
    let report = Arc::new(InputReport::default());
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

/// A provider with columns of KQL's types. Filters are applied to its rows, not passed to it.
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
        let ours = schema.clone();
        let convert = move |batch: &RecordBatch| Ok(physical_batch(batch, &ours, types.iter().copied())?);
        Ok(Arc::new(StreamingTableExec::try_new(
            schema.clone(),
            mapped(&input, &schema, convert),
            None,
            None,
            false,
            None,
        )?))
    }
}
