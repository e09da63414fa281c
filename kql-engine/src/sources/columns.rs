//! Tables whose columns are fetched from their owner, such as a data frame: only the columns that a query needs, and only
//! the rows that its filters can accept. Fetching can be slow, for example if each value is an object.

use super::dates::DateOrder;
use super::provider::{Conversion, Provided};
use super::row_filter::Step;
use super::table::SourceTable;
use crate::budget::{self, Captured};
use crate::error::SourceError;
use crate::types::{ScalarType, TableSchema};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Why columns cannot be fetched.
pub type FetchError = Box<dyn std::error::Error + Send + Sync>;

/// A table whose columns are fetched when a query needs them.
pub trait ColumnSource: fmt::Debug + Send + Sync {
    /// The columns.
    fn schema(&self) -> SchemaRef;

    /// The number of rows.
    fn rows(&self) -> std::result::Result<usize, FetchError>;

    /// Whether [`ColumnSource::fetch`] can leave rows out. If not, `rows` is always `None`.
    fn selects_rows(&self) -> bool;

    /// Columns by their places, which are not empty: all rows, or those with these numbers, which increase.
    fn fetch(&self, columns: &[usize], rows: Option<&[u64]>) -> std::result::Result<Vec<RecordBatch>, FetchError>;
}

/// Whether the query for which [`ColumnSource::fetch`] was called was stopped: then what it returns is not needed.
pub fn is_stopped() -> bool {
    budget::check().is_err()
}

/// Rows that a filter tests at once.
const SLICE: usize = 1 << 16;

/// A table of fetched columns; see [`super::from_provider`] for the meaning of `declared`.
pub fn from_columns(
    name: &str,
    source: Arc<dyn ColumnSource>,
    declared: Option<&TableSchema>,
    order: Option<DateOrder>,
) -> std::result::Result<SourceTable, SourceError> {
    let provided = Provided::new(name, source.schema().fields(), declared, order)?;
    let (schema, report) = (provided.schema.clone(), provided.report.clone());
    let provider = Arc::new(Fetched { arrow: schema.plain(), provided, source });
    Ok(SourceTable { name: name.to_owned(), schema, provider, report, files: Vec::new(), provisional: None })
}

#[derive(Debug)]
struct Fetched {
    arrow: SchemaRef,
    provided: Provided,
    source: Arc<dyn ColumnSource>,
}

/// Rows that are left, and columns of them.
struct Left {
    /// Their numbers; `None` for all rows.
    rows: Option<Vec<u64>>,
    /// The number of all rows.
    total: usize,
    /// Columns that were fetched already, by their places.
    held: HashMap<usize, ArrayRef>,
}

impl Left {
    fn count(&self) -> usize {
        self.rows.as_ref().map_or(self.total, Vec::len)
    }
}

#[async_trait]
impl TableProvider for Fetched {
    fn schema(&self) -> SchemaRef {
        self.arrow.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = match self.source.selects_rows() {
            // filters are applied again to what is left
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(vec![support; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.provided.schema.columns.len()).collect();
        let conversion = self.provided.conversion(projection.unwrap_or(&all));
        let total = self.source.rows().map_err(DataFusionError::External)?;
        let mut left = Left { rows: None, total, held: HashMap::new() };
        let partitions = state.config().target_partitions().max(1);
        if self.source.selects_rows() {
            if let (Some(limit), true) = (limit.filter(|limit| *limit < total), filters.is_empty()) {
                left.rows = Some((0..limit as u64).collect());
            }
            for step in self.steps(filters, state) {
                budget::check()?;
                self.narrow(&step, &mut left, partitions)?;
            }
        }
        budget::check()?;
        let (schema, batches) = self.fetch(&conversion.needed(), &mut left)?;
        conversion.plan(&held_rows(batches, schema, state)?)
    }
}

impl Fetched {
    /// The filters that can be tested before other columns are fetched; those over texts, which take longer, last.
    fn steps(&self, filters: &[Expr], state: &dyn Session) -> Vec<Step> {
        let columns = &self.provided.schema.columns;
        let mut steps: Vec<Step> =
            filters.iter().filter_map(|filter| Step::new(filter, columns, state).ok()?).collect();
        let is_text = |i: &usize| {
            columns.get(*i).is_some_and(|c| matches!(c.ty, ScalarType::String | ScalarType::Dynamic | ScalarType::Guid))
        };
        steps.sort_by_key(|step| step.columns.iter().filter(|i| is_text(i)).count());
        steps
    }

    /// Leaves the rows that a filter accepts.
    fn narrow(&self, step: &Step, left: &mut Left, threads: usize) -> Result<()> {
        let conversion = self.provided.conversion(&step.columns);
        let (_, batches) = self.fetch(&conversion.needed(), left)?;
        let accepted = accepted(step, &conversion, batches, threads)?;
        // copying nearly all rows costs more than testing them again
        if accepted.len() > left.count() / 4 * 3 {
            return Ok(());
        }
        left.rows = Some(match &left.rows {
            None => accepted,
            Some(rows) => accepted.iter().filter_map(|at| rows.get(*at as usize).copied()).collect(),
        });
        left.held.clear();
        Ok(())
    }

    /// Columns of the rows that are left.
    fn fetch(&self, places: &[usize], left: &mut Left) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let schema: SchemaRef = Arc::new(self.source.schema().project(places)?);
        let options = RecordBatchOptions::new().with_row_count(Some(left.count()));
        let missing: Vec<usize> = places.iter().copied().filter(|place| !left.held.contains_key(place)).collect();
        if !missing.is_empty() {
            let batches = self.source.fetch(&missing, left.rows.as_deref()).map_err(DataFusionError::External)?;
            match batches.as_slice() {
                [batch] => left.held.extend(missing.into_iter().zip(batch.columns().iter().cloned())),
                // in pieces they are not kept, so that all columns come in the same pieces
                _ if missing.len() == places.len() => return Ok((schema, batches)),
                _ => {
                    let batches = self.source.fetch(places, left.rows.as_deref()).map_err(DataFusionError::External)?;
                    return Ok((schema, batches));
                }
            }
        }
        let arrays = places.iter().filter_map(|place| left.held.get(place).cloned()).collect();
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?;
        Ok((schema, vec![batch]))
    }
}

/// The numbers of the rows that a filter accepts.
fn accepted(step: &Step, conversion: &Conversion, batches: Vec<RecordBatch>, threads: usize) -> Result<Vec<u64>> {
    let parts = sliced(batches, SLICE, threads);
    let test = |part: &Vec<RecordBatch>| -> Result<(usize, Vec<u64>)> {
        let (mut rows, mut found) = (0, Vec::new());
        for raw in part {
            budget::check()?;
            let batch = conversion.convert(raw)?;
            let passes = step.predicate.evaluate(&batch)?.into_array(batch.num_rows())?;
            match passes.as_boolean_opt() {
                Some(passes) => {
                    let accepted = (0..passes.len()).filter(|i| passes.is_valid(*i) && passes.value(*i));
                    found.extend(accepted.map(|i| (rows + i) as u64));
                }
                None => found.extend((rows..rows + batch.num_rows()).map(|row| row as u64)),
            }
            rows += batch.num_rows();
        }
        Ok((rows, found))
    };
    let captured = Captured::now();
    let tested: Vec<Result<(usize, Vec<u64>)>> = std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .iter()
            .map(|part| {
                let (test, captured) = (&test, &captured);
                // expressions can be deep
                std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, move || {
                    let _entered = captured.enter();
                    test(part)
                })
            })
            .collect();
        let join = |thread: std::io::Result<std::thread::ScopedJoinHandle<'_, _>>| match thread.map(|t| t.join()) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => Err(DataFusionError::IoError(error)),
        };
        threads.into_iter().map(join).collect()
    });
    let (mut before, mut all) = (0, Vec::new());
    for part in tested {
        let (rows, found) = part?;
        all.extend(found.into_iter().map(|row| row + before as u64));
        before += rows;
    }
    Ok(all)
}

/// The plan that returns rows that are in memory.
pub fn held_rows(batches: Vec<RecordBatch>, schema: SchemaRef, state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
    let config = state.config();
    let parts = sliced(batches, config.batch_size(), config.target_partitions());
    Ok(MemorySourceConfig::try_new_exec(&parts, schema, None)?)
}

/// The rows in contiguous partitions of about the same size, cut into batches of at most `size` rows: an operator works on one
/// batch at a time. Nothing is copied.
fn sliced(batches: Vec<RecordBatch>, size: usize, partitions: usize) -> Vec<Vec<RecordBatch>> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let size = size.max(1);
    // a whole number of batches
    let share = rows.div_ceil(partitions.max(1)).div_ceil(size).max(1) * size;
    let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new()];
    let mut room = share;
    for batch in batches {
        let mut at = 0;
        while at < batch.num_rows() {
            if room == 0 {
                parts.push(Vec::new());
                room = share;
            }
            let length = size.min(batch.num_rows() - at).min(room);
            if let Some(part) = parts.last_mut() {
                part.push(batch.slice(at, length));
            }
            at += length;
            room -= length;
        }
    }
    parts
}
