//! Tables whose rows are held for many queries: read once, kept compactly in memory or in a temporary file.
//!
//! Rows are in chunks, in the order of the table. A text column of a chunk has each different text once, so that a condition
//! is tested once per text and not once per row. The conditions of a query choose its rows before any row is put together;
//! what they choose is remembered, since many queries have conditions in common.

mod chosen;
mod chunk;
mod condition;
mod finder;
mod memo;
mod store;

pub use chunk::Moment;
pub(crate) use chunk::{Chunk, ChunkWriter};
pub(crate) use finder::TextFinder;
pub(crate) use store::Room;

use crate::scan_exec::{LocalRows, ScanExec};
use crate::types::{RECEIVED, TIME_COLUMNS};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chosen::Chosen;
use condition::Conditions;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::stream;
use memo::Memo;
use std::fmt;
use std::sync::Arc;

/// Chosen rows for which another partition is worth its cost.
const ROWS_OF_A_PARTITION: usize = 1 << 16;

/// A table with its rows held.
#[derive(Debug)]
pub(crate) struct HeldTable {
    name: String,
    /// The table itself, for columns that are not held.
    original: Arc<dyn TableProvider>,
    /// For each column of the table its place in the chunks, if it is held.
    places: Vec<Option<usize>>,
    chunks: Arc<Vec<Chunk>>,
    memo: Memo,
}

impl HeldTable {
    /// The chunks hold the columns of `original` that `held` lists.
    pub(crate) fn new(name: &str, original: Arc<dyn TableProvider>, held: &[usize], chunks: Vec<Chunk>) -> HeldTable {
        let mut places = vec![None; original.schema().fields().len()];
        for (place, column) in held.iter().enumerate() {
            if let Some(slot) = places.get_mut(*column) {
                *slot = Some(place);
            }
        }
        let memo = Memo::new(chunks.len());
        HeldTable { name: name.to_owned(), original, places, chunks: Arc::new(chunks), memo }
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::rows).sum()
    }

    /// When the rows are that may have one of the texts in each of these columns; `None` if the table has no time, or a row has
    /// none, or cannot be read.
    pub(crate) fn moments(&self, texts: &[(String, Vec<String>)]) -> Option<Vec<Moment>> {
        let schema = self.schema();
        let place = |name: &str| self.places.get(schema.index_of(name).ok()?).copied().flatten();
        let time = TIME_COLUMNS.into_iter().find_map(place)?;
        let received = place(RECEIVED);
        let mut all = Vec::new();
        for chunk in self.chunks.iter() {
            let mut chosen = Chosen::All;
            for (column, texts) in texts {
                let Some(place) = place(column) else { continue };
                chosen = chosen.and(condition::rows_with_texts(chunk, place, texts)?);
            }
            chunk.moments(time, received, &chosen, &mut all)?;
        }
        Some(all)
    }

    /// Whether it is certain that no row has any of the texts in a column.
    pub(crate) fn has_none(&self, column: &str, texts: &[String]) -> bool {
        let place = self.schema().index_of(column).ok().and_then(|at| self.places.get(at).copied().flatten());
        let Some(place) = place else { return false };
        self.chunks.iter().all(|chunk| chunk.texts(place).is_some_and(|index| index.has_none(texts)))
    }

    /// The places of the columns in the chunks; `None` if one is not held.
    fn places_of(&self, columns: &[usize]) -> Option<Vec<usize>> {
        columns.iter().map(|column| self.places.get(*column).copied().flatten()).collect()
    }
}

#[async_trait]
impl TableProvider for HeldTable {
    fn schema(&self) -> SchemaRef {
        self.original.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // they are applied again to the rows that are chosen
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = self.schema();
        let all: Vec<usize> = (0..table.fields().len()).collect();
        let columns = projection.unwrap_or(&all);
        let Some(places) = self.places_of(columns) else {
            return self.original.scan(state, projection, filters, limit).await;
        };
        let schema: SchemaRef = Arc::new(table.project(columns)?);
        let mut parts: Vec<(usize, Chosen)> = Vec::new();
        let mut rows = 0;
        let conditions = Conditions::new(filters, &table, &self.places);
        for (at, chunk) in self.chunks.iter().enumerate() {
            let chosen = conditions.choose(at, chunk, &self.memo, state)?;
            let count = chosen.count(chunk.rows());
            rows += count;
            if count > 0 {
                parts.push((at, chosen));
            }
        }
        if parts.is_empty() {
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let most = state.config().target_partitions().clamp(1, parts.len());
        let partitions = rows.div_ceil(ROWS_OF_A_PARTITION).clamp(1, most);
        let size = state.config().batch_size().max(1);
        let share = parts.len().div_ceil(partitions);
        let streams: Vec<Arc<dyn PartitionStream>> = parts
            .chunks(share)
            .map(|parts| {
                Arc::new(HeldRows {
                    chunks: self.chunks.clone(),
                    parts: Arc::new(parts.to_vec()),
                    places: places.clone(),
                    schema: schema.clone(),
                    size,
                }) as _
            })
            .collect();
        let streams = StreamingTableExec::try_new(schema, streams, None, None, false, limit)?;
        Ok(Arc::new(ScanExec::new(streams, Arc::new(LocalRows(self.name.clone())))))
    }
}

/// The chosen rows of some chunks.
struct HeldRows {
    chunks: Arc<Vec<Chunk>>,
    parts: Arc<Vec<(usize, Chosen)>>,
    places: Vec<usize>,
    schema: SchemaRef,
    /// Rows of a batch.
    size: usize,
}

impl fmt::Debug for HeldRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} chunks", self.parts.len())
    }
}

impl PartitionStream for HeldRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (chunks, parts, places) = (self.chunks.clone(), self.parts.clone(), self.places.clone());
        let (schema, size) = (self.schema.clone(), self.size);
        let count = parts.len();
        let batches = (0..count).flat_map(move |part| -> Box<dyn Iterator<Item = Result<RecordBatch>> + Send> {
            let Some((chunk, chosen)) = parts.get(part).and_then(|(at, chosen)| Some((chunks.get(*at)?, chosen)))
            else {
                return Box::new(std::iter::empty());
            };
            match chunk.columns(&places) {
                Ok(columns) => {
                    let schema = schema.clone();
                    let pieces = chosen.pieces(chunk.rows(), size);
                    Box::new(pieces.into_iter().map(move |piece| chunk::batch(&columns, &piece, &schema)))
                }
                Err(error) => Box::new(std::iter::once(Err::<RecordBatch, DataFusionError>(error))),
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream::iter(batches)))
    }
}
