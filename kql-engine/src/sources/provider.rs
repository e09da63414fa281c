//! Tables whose rows come from a table provider of DataFusion, for embedding.

use super::dates::{DateOrder, Dates};
use super::error::DuplicateColumn;
use super::lost::Lost;
use super::mapped::mapped;
use super::normalize::{columns_of, dated, missing, natural, physical};
use super::report::{CastFailures, InputReport};
use super::stream::Totals;
use super::table::SourceTable;
use crate::error::SourceError;
use crate::scan_exec::{LocalRows, ScanExec};
use crate::types::{Column, ScalarType, TableSchema};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Fields, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::StreamingTableExec;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A table from a provider, with the declared columns first, as a table of files has: values are converted to the declared
/// types, and a declared column that the provider lacks has no values. Other columns get the types that
/// [`super::from_batches`] determines from their fields.
pub fn from_provider(
    name: &str,
    provider: Arc<dyn TableProvider>,
    declared: Option<&TableSchema>,
    order: Option<DateOrder>,
) -> std::result::Result<SourceTable, SourceError> {
    let provided = Provided::new(name, provider.schema().fields(), declared, order)?;
    let (schema, report) = (provided.schema.clone(), provided.report.clone());
    let provider = Arc::new(Converted { arrow: schema.plain(), provided, provider });
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

/// The columns of a table that come from elsewhere.
#[derive(Debug)]
pub(super) struct Provided {
    /// The columns of the table.
    pub(super) schema: TableSchema,
    /// What does not fit the columns.
    pub(super) report: Arc<InputReport>,
    /// The place of each column among those that are provided; `None` for a column without values.
    places: Vec<Option<usize>>,
    /// The table's name, by which messages about its values call it.
    path: PathBuf,
    /// Whether the day or the month comes first in dates such as `3/4/2021`.
    order: Option<DateOrder>,
    /// What the dates of the rows that were read show about their order.
    dates: Arc<Mutex<Dates>>,
}

impl Provided {
    /// For provided columns with these fields.
    pub(super) fn new(
        name: &str,
        fields: &Fields,
        declared: Option<&TableSchema>,
        order: Option<DateOrder>,
    ) -> std::result::Result<Provided, SourceError> {
        let bad = |e: DuplicateColumn| SourceError::Batches { table: name.to_owned(), reason: e.to_string() };
        let own = columns_of(fields).map_err(bad)?;
        let (mut schema, mut places) = (TableSchema::default(), Vec::new());
        for column in declared.iter().flat_map(|declared| &declared.columns) {
            places.push(own.columns.iter().position(|own| own.name == column.name));
            schema.columns.push(column.clone());
        }
        let report: Arc<InputReport> = Arc::default();
        for (place, column) in own.columns.into_iter().enumerate() {
            let like = declared.and_then(|declared| {
                let same = |known: &&Column| known.name.eq_ignore_ascii_case(&column.name) && known.name != column.name;
                declared.columns.iter().find(same)
            });
            if let Some(like) = like {
                report.note(format!(
                    "The column {} of {name} is not its column {}: names are case-sensitive.",
                    column.name, like.name
                ));
            }
            if declared.is_none_or(|declared| declared.column(&column.name).is_none()) {
                places.push(Some(place));
                schema.columns.push(column);
            }
        }
        Ok(Provided { schema, report, places, path: PathBuf::from(name), order, dates: Arc::default() })
    }

    /// How rows of some of the columns become rows of the table.
    pub(super) fn conversion(&self, wanted: &[usize]) -> Conversion {
        let columns: Vec<Column> = wanted.iter().filter_map(|i| self.schema.columns.get(*i).cloned()).collect();
        Conversion {
            schema: TableSchema { columns: columns.clone() }.plain(),
            columns,
            places: wanted.iter().filter_map(|i| self.places.get(*i).copied()).collect(),
            path: self.path.clone(),
            order: self.order,
            dates: self.dates.clone(),
            totals: Totals::new(self.report.clone()),
        }
    }
}

/// Converts rows to KQL's types.
pub(super) struct Conversion {
    /// The Arrow schema of the rows that come out.
    pub(super) schema: SchemaRef,
    columns: Vec<Column>,
    places: Vec<Option<usize>>,
    path: PathBuf,
    order: Option<DateOrder>,
    dates: Arc<Mutex<Dates>>,
    totals: Totals,
}

impl Conversion {
    /// The places of the columns that must be provided, in the order in which [`Conversion::convert`] takes them.
    pub(super) fn needed(&self) -> Vec<usize> {
        self.places.iter().flatten().copied().collect()
    }

    /// Rows of the provided columns as rows of the table.
    pub(super) fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut misfits = CastFailures::default();
        let fields = batch.schema();
        let mut provided = batch.columns().iter().zip(fields.fields());
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (column, place) in self.columns.iter().zip(&self.places) {
            let Some((array, field)) = place.and_then(|_| provided.next()) else {
                arrays.push(missing(column.ty, batch.num_rows()));
                continue;
            };
            let mut lost = Lost::default();
            let texts = column.ty == ScalarType::Datetime && natural(field) == ScalarType::String;
            arrays.push(if texts {
                let texts = physical(array, field, ScalarType::String, &mut lost)?;
                dated(&texts, self.order, &self.dates, &mut lost).map_err(|(line, reason)| {
                    let path = self.path.clone();
                    DataFusionError::External(Box::new(SourceError::Dates { path, line, reason }))
                })?
            } else {
                physical(array, field, column.ty, &mut lost)?
            });
            if !lost.is_empty() {
                // the position of a row in the table is not known here
                misfits.add_lost(&self.path, column, lost, |_| 0);
            }
        }
        self.totals.add(misfits);
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?)
    }

    /// The plan whose rows are those of `input`, converted.
    pub(super) fn plan(self, input: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema.clone();
        let source = Arc::new(LocalRows(self.path.display().to_string()));
        let partitions = mapped(input, &schema, move |batch| self.convert(batch));
        let streams = StreamingTableExec::try_new(schema, partitions, None, None, false, None)?;
        Ok(Arc::new(ScanExec::new(streams, source)))
    }
}

/// A provider with columns of KQL's types. Filters are applied to its rows, not passed to it.
#[derive(Debug)]
struct Converted {
    provider: Arc<dyn TableProvider>,
    arrow: SchemaRef,
    provided: Provided,
}

#[async_trait]
impl TableProvider for Converted {
    fn schema(&self) -> SchemaRef {
        self.arrow.clone()
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
        let all: Vec<usize> = (0..self.provided.schema.columns.len()).collect();
        let conversion = self.provided.conversion(projection.unwrap_or(&all));
        let input = self.provider.scan(state, Some(&conversion.needed()), &[], limit).await?;
        conversion.plan(&input)
    }
}
