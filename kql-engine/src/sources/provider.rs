//! Tables whose rows come from a table provider of DataFusion, for embedding.

use super::error::DuplicateColumn;
use super::lost::Lost;
use super::mapped::mapped;
use super::normalize::{columns_of, missing, physical};
use super::report::{CastFailures, InputReport};
use super::stream::Totals;
use super::table::SourceTable;
use crate::error::SourceError;
use crate::types::{Column, TableSchema};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::StreamingTableExec;
use std::path::PathBuf;
use std::sync::Arc;

/// A table from a provider, with the declared columns first, as a table of files has: values are converted to the declared
/// types, and a declared column that the provider lacks has no values. Other columns get the types that
/// [`super::from_batches`] determines from their fields.
pub fn from_provider(
    name: &str,
    provider: Arc<dyn TableProvider>,
    declared: Option<&TableSchema>,
) -> std::result::Result<SourceTable, SourceError> {
    let bad = |e: DuplicateColumn| SourceError::Batches { table: name.to_owned(), reason: e.to_string() };
    let own = columns_of(provider.schema().fields()).map_err(bad)?;
    let mut columns: Vec<ProvidedColumn> = Vec::with_capacity(own.columns.len());
    for column in declared.iter().flat_map(|declared| &declared.columns) {
        let place = own.columns.iter().position(|own| own.name == column.name);
        columns.push(ProvidedColumn { column: column.clone(), place });
    }
    for (place, column) in own.columns.into_iter().enumerate() {
        if declared.is_none_or(|declared| declared.column(&column.name).is_none()) {
            columns.push(ProvidedColumn { column, place: Some(place) });
        }
    }
    let schema = TableSchema { columns: columns.iter().map(|provided| provided.column.clone()).collect() };
    let report = Arc::new(InputReport::default());
    let path = PathBuf::from(name);
    let provider = Arc::new(Converted { schema: schema.plain(), columns, provider, path, report: report.clone() });
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

/// A column of the table.
#[derive(Clone, Debug)]
struct ProvidedColumn {
    column: Column,
    /// Its place among the provider's columns; `None` if the provider lacks it.
    place: Option<usize>,
}

/// A provider with columns of KQL's types. Filters are applied to its rows, not passed to it.
#[derive(Debug)]
struct Converted {
    provider: Arc<dyn TableProvider>,
    schema: SchemaRef,
    columns: Vec<ProvidedColumn>,
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
        let columns: Vec<ProvidedColumn> = wanted.iter().filter_map(|i| self.columns.get(*i).cloned()).collect();
        let places: Vec<usize> = columns.iter().filter_map(|provided| provided.place).collect();
        let input = self.provider.scan(state, Some(&places), &[], limit).await?;
        let (ours, path) = (schema.clone(), self.path.clone());
        let totals = Totals::new(self.report.clone());
        let convert = move |batch: &RecordBatch| {
            let mut misfits = CastFailures::default();
            let fields = batch.schema();
            let mut provided = batch.columns().iter().zip(fields.fields());
            let mut arrays = Vec::with_capacity(columns.len());
            for ProvidedColumn { column, place } in &columns {
                let Some((array, field)) = place.and_then(|_| provided.next()) else {
                    arrays.push(missing(column.ty, batch.num_rows()));
                    continue;
                };
                let mut lost = Lost::default();
                arrays.push(physical(array, field, column.ty, &mut lost)?);
                if !lost.is_empty() {
                    // the position of a row in the table is not known here
                    misfits.add_lost(&path, column, lost, |_| 0);
                }
            }
            totals.add(misfits);
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(ours.clone(), arrays, &options)?)
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
