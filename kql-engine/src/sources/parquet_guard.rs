//! A plan node above a Parquet scan. Third-party readers report damaged pages as errors of many kinds, and panic on some:
//! here both become one error that names the file. Filters over some columns are kept above it.

use super::error::ReaderPanic;
use super::guard::guarded;
use super::location::{Location, SentLocation};
use super::parquet_objects::with_objects;
use crate::encoded::Encoded;
use crate::error::SourceError;
use crate::one_input::one_input;
use arrow::array::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DataFusionError, Result, Statistics, internal_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterDescription, ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildStats, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream, StatisticsArgs,
};
use futures::{Stream, StreamExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The node.
#[derive(Clone, Debug)]
pub(crate) struct ParquetGuard {
    input: Arc<dyn ExecutionPlan>,
    scan: Arc<GuardedScan>,
}

/// What is known about the scan below.
#[derive(Debug)]
pub(super) struct GuardedScan {
    /// Its files.
    pub files: Vec<Location>,
    /// Their lengths.
    pub sizes: Vec<u64>,
    /// Whether the query was planned by another process, which may have had other files.
    pub copied: bool,
    /// The columns of which every value is counted if it does not fit: the scan must not drop their rows.
    pub counted: HashSet<usize>,
}

/// What is known about a scan, as data.
#[derive(Serialize, Deserialize)]
struct SentGuard {
    files: Vec<SentLocation>,
    sizes: Vec<u64>,
    counted: HashSet<usize>,
}

impl ParquetGuard {
    /// Above `input`, the scan.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, scan: GuardedScan) -> ParquetGuard {
        ParquetGuard { input, scan: Arc::new(scan) }
    }

    /// What it knows, as data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let GuardedScan { files, sizes, counted, .. } = self.scan.as_ref();
        let files = files.iter().map(Location::sent).collect::<std::result::Result<_, _>>().map_err(external)?;
        Encoded::of(&SentGuard { files, sizes: sizes.clone(), counted: counted.clone() })
    }

    /// From its data, above a scan.
    pub(crate) fn decode(encoded: &Encoded, input: Arc<dyn ExecutionPlan>) -> Result<ParquetGuard> {
        let SentGuard { files, sizes, counted } = encoded.data()?;
        let files: Vec<Location> =
            files.into_iter().map(SentLocation::opened).collect::<std::result::Result<_, _>>().map_err(external)?;
        let input = with_objects(input, &files)?;
        Ok(ParquetGuard::new(input, GuardedScan { files, sizes, counted, copied: true }))
    }

    fn above(&self, input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(ParquetGuard { input, scan: self.scan.clone() })
    }
}

impl DisplayAs for ParquetGuard {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetGuard")
    }
}

impl ExecutionPlan for ParquetGuard {
    one_input!("ParquetGuard", |guard, input| guard.above(input));

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // nothing may come between the two
        vec![false]
    }

    fn repartitioned(&self, partitions: usize, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(self.input.repartitioned(partitions, config)?.map(|input| self.above(input)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.scan.check_copies().map_err(external)?;
        let input = self.input.execute(partition, context)?;
        let schema = input.schema();
        let stream = GuardedStream { input: Some(input), scan: self.scan.clone() };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        match inputs.first() {
            Some(statistics) => Ok(statistics.clone()),
            None => internal_err!("a scan is missing"),
        }
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        self.input.with_fetch(limit).map(|input| self.above(input))
    }

    fn fetch(&self) -> Option<usize> {
        self.input.fetch()
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn try_swapping_with_projection(&self, projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        // the reader then keeps only the columns that are needed above; those that are counted are found by position
        if !self.scan.counted.is_empty() {
            return Ok(None);
        }
        Ok(self.input.try_swapping_with_projection(projection)?.map(|input| self.above(input)))
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        let all = 0..self.input.schema().fields().len();
        let passed = all.filter(|column| !self.scan.counted.contains(column)).collect();
        let child = ChildFilterDescription::from_child_with_allowed_indices(&filters, passed, &self.input)?;
        Ok(FilterDescription::new().with_child(child))
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(result))
    }
}

/// The batches of a scan until its end or its first error.
struct GuardedStream {
    input: Option<SendableRecordBatchStream>,
    scan: Arc<GuardedScan>,
}

impl Stream for GuardedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(input) = &mut self.input else { return Poll::Ready(None) };
        let polled = match guarded(|| input.poll_next_unpin(context)) {
            Ok(Poll::Ready(Some(Err(error)))) => Poll::Ready(Some(Err(self.scan.explained(error)))),
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Some(Err(self.scan.blamed(panic)))),
        };
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.input = None;
        }
        polled
    }
}

impl GuardedScan {
    /// Refuses files that are others than where the query was planned.
    fn check_copies(&self) -> std::result::Result<(), SourceError> {
        for (file, expected) in self.files.iter().zip(&self.sizes).filter(|_| self.copied) {
            let found = file.stamp().map_err(|e| SourceError::unreadable(file.path(), e))?.length;
            if found != *expected {
                let path = file.path().to_owned();
                return Err(SourceError::OtherLength { path, found, expected: *expected });
            }
        }
        Ok(())
    }

    /// An error of the reader, as one that names the file; other errors are passed on.
    fn explained(&self, error: DataFusionError) -> DataFusionError {
        // of an object whose request has failed
        if let Some(failure) = self.files.iter().find_map(|file| file.object()?.failure()) {
            return external(failure);
        }
        match error.find_root() {
            DataFusionError::ParquetError(_)
            | DataFusionError::ArrowError(..)
            | DataFusionError::ObjectStore(_)
            | DataFusionError::IoError(_)
            | DataFusionError::External(_)
            | DataFusionError::Internal(_) => self.first_damaged().map_or(error, external),
            _ => error,
        }
    }

    /// A panic: of the reader, if a file is damaged; else it goes on.
    fn blamed(&self, panic: ReaderPanic) -> DataFusionError {
        match self.first_damaged() {
            Some(damage) => external(damage),
            // of the query's own functions, which the reader calls
            None => std::panic::resume_unwind(Box::new(panic.0)),
        }
    }

    /// The first file that cannot be read to its end. They are all read again: which one was being read is not known.
    fn first_damaged(&self) -> Option<SourceError> {
        self.files.iter().find_map(damage)
    }
}

fn external(error: SourceError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Why a file cannot be read to its end.
fn damage(location: &Location) -> Option<SourceError> {
    let path = location.path();
    let file = match location.open() {
        Ok(file) => file,
        Err(error) => return Some(SourceError::unreadable(path, error)),
    };
    let read = guarded(|| -> Result<()> {
        for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
            batch?;
        }
        Ok(())
    });
    match read {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(SourceError::damaged(path, error.strip_backtrace())),
        Err(panic) => Some(SourceError::damaged(path, panic)),
    }
}
