//! Tables whose rows come from a table provider of DataFusion, for embedding.

use super::error::DuplicateColumn;
use super::lost::Lost;
use super::mapped::mapped;
use super::normalize::{columns_of, physical_batch};
use super::report::{CastFailures, InputReport};
use super::stream::Totals;
use super::table::SourceTable;
use crate::error::SourceError;
use crate::types::Column;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::StreamingTableExec;
use std::path::PathBuf;
use std::sync::Arc;

/// A table from a provider. Its columns get the types that [`super::from_batches`] determines from their fields.
pub fn from_provider(name: &str, provider: Arc<dyn TableProvider>) -> std::result::Result<SourceTable, SourceError> {
    let bad = |e: DuplicateColumn| SourceError::Batches { table: name.to_owned(), reason: e.to_string() };
    let schema = columns_of(provider.schema().fields()).map_err(bad)?;
    let report = Arc::new(InputReport::default());
    let (columns, path) = (schema.columns.clone(), PathBuf::from(name));
    let provider = Arc::new(Converted { schema: schema.plain(), columns, provider, path, report: report.clone() });
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

/// A provider with columns of KQL's types. Filters are applied to its rows, not passed to it.
#[derive(Debug)]
struct Converted {
    provider: Arc<dyn TableProvider>,
    schema: SchemaRef,
    columns: Vec<Column>,
    /// The table's name, by which messages about its values call it.
    path: PathBuf,
    report: Arc<InputReport>,
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
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.columns.len()).collect());
        let schema: SchemaRef = Arc::new(self.schema.project(&wanted)?);
        let columns: Vec<Column> = wanted.iter().filter_map(|i| self.columns.get(*i).cloned()).collect();
        let input = self.provider.scan(state, Some(&wanted), &[], limit).await?;
        let (ours, path) = (schema.clone(), self.path.clone());
        let totals = Totals::new(self.report.clone());
        let convert = move |batch: &RecordBatch| {
            let mut misfits = CastFailures::default();
            // the position of a row in the table is not known here
            let add = |column: &Column, lost: Lost| misfits.add_lost(&path, column, lost, |_| 0);
            let batch = physical_batch(batch, &ours, &columns, add)?;
            totals.add(misfits);
            Ok(batch)
        };
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
