//! Whole tables in the order of their times, for writing them to files.

use crate::deep_stack::on_deep_stack;
use crate::engine::Engine;
use crate::error::{Error, run_error};
use crate::exec::{self, Limits};
use crate::memory::Memory;
use crate::sources::{SourceTable, mapped};
use crate::storage::{Layout, TimeRanges};
use crate::strategy::Strategy;
use crate::types::{ScalarType, TIME_COLUMNS, TableSchema};
use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use datafusion::common::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Receives the rows of a table.
pub trait RowWriter {
    /// Called first, with the layout of the columns and the column by which rows are sorted, smallest first and nulls last.
    fn begin(
        &mut self,
        layout: &Layout,
        sorted_by: Option<usize>,
    ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;
    /// Rows, in the layout.
    fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Counts of the rows of an exported table.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    /// Rows passed to the writer.
    pub rows: u64,
    /// Damaged rows, which are skipped.
    pub refused: u64,
    /// Values that do not fit their columns, and became null.
    pub misfits: u64,
    /// The column by which rows are sorted.
    pub sorted_by: Option<String>,
    /// Notices about the input.
    pub notices: Vec<String>,
}

/// The rows of a batch while a table is sorted.
const MERGED_ROWS: usize = 1024;

impl Engine {
    /// Passes all rows of a table with data to a writer, in the order of its time if it has one. Sorting uses about
    /// `memory` bytes, or those of the engine's memory limit if they are fewer, and then temporary files.
    pub fn export(
        &self,
        name: &str,
        memory: usize,
        writer: &mut (dyn RowWriter + Send),
    ) -> std::result::Result<Exported, Error> {
        let memory = self.core.limits.memory.map_or(memory, |limit| limit.min(memory));
        let table = match self.core.database.data(name) {
            Some(table) => table?,
            None => return Err(Error::Setting(format!("there is no data for a table {name}"))),
        };
        let own = self.core.database.own_columns(&table);
        let columns = own.iter().filter_map(|i| table.schema.columns.get(*i)).cloned().collect();
        let schema = TableSchema { columns };
        let time = time_column(&schema);
        let work = self.pass_on(&table, (&schema, &own), time, memory, writer);
        let never = CancellationToken::new();
        let rows = on_deep_stack(|| self.core.runtime()?.block_on(self.core.unless_stopped(&never, work)))?;
        Ok(Exported {
            rows,
            refused: table.report.refused(),
            misfits: table.report.misfits(),
            sorted_by: time.and_then(|i| schema.columns.get(i)).map(|c| c.name.clone()),
            notices: table.report.notices(),
        })
    }

    async fn pass_on(
        &self,
        table: &SourceTable,
        (schema, own): (&TableSchema, &Vec<usize>),
        time: Option<usize>,
        memory: usize,
        writer: &mut (dyn RowWriter + Send),
    ) -> std::result::Result<u64, Error> {
        // the rest is for readers and for what the writer has not written yet
        let memory = memory / 8 * 5;
        // when temporary files are merged, a batch of each is in memory: with many wide columns that is the most there is
        let batch_size = self.core.limits.batch_size.min(MERGED_ROWS);
        let limits = Limits { memory: Some(memory), batch_size, ..self.core.limits };
        let mut state = exec::session(
            limits,
            &Memory::new(limits.memory, None, None).map_err(run_error)?,
            &self.core.progress,
            Strategy::InMemory,
            None,
            None,
        );
        // each partition reserves memory for merging its temporary files, in addition to what it sorts
        let share = memory / (8 * self.core.limits.partitions.max(1));
        let reservation = &mut state.config_mut().options_mut().execution.sort_spill_reservation_bytes;
        *reservation = share.min(*reservation);
        let scan = table.provider.scan(&state, Some(own), &[], None).await.map_err(run_error)?;
        let _watched = self.core.progress.watch(&scan);
        let seen = Arc::new(Mutex::new(TimeRanges::new(schema)));
        let arrow = scan.schema();
        let (own_schema, own_seen) = (schema.clone(), seen.clone());
        let observed = mapped(&scan, &arrow, move |batch| {
            let mut times = TimeRanges::new(&own_schema);
            times.observe(&own_schema, batch.columns());
            own_seen.lock().unwrap_or_else(PoisonError::into_inner).merge(&times);
            Ok(batch.clone())
        });
        let input: Arc<dyn ExecutionPlan> =
            Arc::new(StreamingTableExec::try_new(arrow, observed, None, None, false, None).map_err(run_error)?);
        let streams = match time {
            Some(column) => vec![sorted(input, column).and_then(|plan| plan.execute(0, state.task_ctx()))],
            None => {
                (0..input.output_partitioning().partition_count()).map(|i| input.execute(i, state.task_ctx())).collect()
            }
        };
        let mut layout: Option<Layout> = None;
        let mut rows = 0;
        for stream in streams {
            let mut stream = stream.map_err(run_error)?;
            // the reader of a damaged file may panic
            while let Some(batch) = exec::caught(async { stream.next().await.transpose() }).await.map_err(run_error)? {
                if batch.num_rows() == 0 {
                    continue;
                }
                // sorting reads all rows before it returns the first; without sorting there are no times
                let layout = match &layout {
                    Some(layout) => layout,
                    None => layout.insert(begin(schema, &seen, time, writer)?),
                };
                let batch = layout.encode(&batch).map_err(|e| Error::Run(e.to_string()))?;
                rows += batch.num_rows() as u64;
                writer.write(&batch).map_err(Error::Writer)?;
            }
        }
        if layout.is_none() {
            begin(schema, &seen, time, writer)?;
        }
        Ok(rows)
    }
}

fn begin(
    schema: &TableSchema,
    seen: &Mutex<TimeRanges>,
    time: Option<usize>,
    writer: &mut (dyn RowWriter + Send),
) -> std::result::Result<Layout, Error> {
    let layout = Layout::new(schema, &seen.lock().unwrap_or_else(PoisonError::into_inner));
    writer.begin(&layout, time).map_err(Error::Writer)?;
    Ok(layout)
}

/// The column of times: `TimeGenerated`, `Timestamp`, or the first datetime.
pub(crate) fn time_column(schema: &TableSchema) -> Option<usize> {
    let named = |name| schema.columns.iter().position(|c| c.name == name && c.ty == ScalarType::Datetime);
    let any = || schema.columns.iter().position(|c| c.ty == ScalarType::Datetime);
    TIME_COLUMNS.into_iter().find_map(named).or_else(any)
}

fn sorted(input: Arc<dyn ExecutionPlan>, column: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let name = input.schema().field(column).name().clone();
    let options = SortOptions { descending: false, nulls_first: false };
    let key = PhysicalSortExpr::new(Arc::new(Column::new(&name, column)), options);
    let Some(order) = LexOrdering::new(vec![key]) else {
        return datafusion::common::internal_err!("no column to sort by");
    };
    let several = input.output_partitioning().partition_count() > 1;
    let sort = Arc::new(SortExec::new(order.clone(), input).with_preserve_partitioning(several));
    Ok(if several { Arc::new(SortPreservingMergeExec::new(order, sort)) } else { sort })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::TimestampMicrosecondType;
    use std::io::Write;

    #[derive(Default)]
    struct Times {
        seen: Vec<i64>,
        sorted_by: Option<usize>,
    }

    impl RowWriter for Times {
        fn begin(
            &mut self,
            _: &Layout,
            sorted_by: Option<usize>,
        ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
            self.sorted_by = sorted_by;
            Ok(())
        }

        fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let Some(column) = self.sorted_by else { return Ok(()) };
            self.seen.extend(batch.column(column).as_primitive::<TimestampMicrosecondType>().values());
            Ok(())
        }
    }

    /// Much more than fits into memory, in files whose times go up and down.
    #[test]
    fn sorted_in_little_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = std::fs::File::create(folder.path().join("T.csv")).expect("a file");
        writeln!(file, "n,Timestamp,text").expect("written");
        let rows = 60_000_u64;
        for i in 0..rows {
            let second = i * 7919 % 86_400;
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            writeln!(file, "{i},2024-05-01T{h:02}:{m:02}:{s:02}Z,{}", "x".repeat(100)).expect("written");
        }
        drop(file);
        for partitions in [1, 3] {
            let data = crate::sources::DataPath::parse(&folder.path().join("T.csv").to_string_lossy());
            let limits = Limits { batch_size: 1024, partitions, ..Limits::default() };
            let engine = Engine::builder().data(data).limits(limits).build().expect("an engine");
            let mut times = Times::default();
            let exported = engine.export("T", 4 << 20, &mut times).expect("exported");
            assert_eq!((exported.rows, times.seen.len() as u64), (rows, rows));
            assert_eq!(exported.sorted_by.as_deref(), Some("Timestamp"));
            assert!(times.seen.is_sorted());
            assert!(engine.progress().rows() >= rows && engine.progress().bytes() > 0);
        }
    }

    #[test]
    fn without_times_and_without_a_table() {
        let columns: Vec<(&str, ArrayRef)> =
            vec![("a", Arc::new(Int64Array::from(vec![2, 1]))), ("b", Arc::new(StringArray::from(vec!["x", "y"])))];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        let engine = Engine::builder().table("T", vec![batch]).expect("a table").build().expect("an engine");
        let mut times = Times::default();
        assert_eq!(engine.export("T", 1 << 20, &mut times).expect("exported").rows, 2);
        assert_eq!(times.sorted_by, None);
        assert!(engine.export("U", 1 << 20, &mut times).is_err());
    }

    #[test]
    fn what_is_stopped_fails() {
        let engine = Engine::builder().build().expect("an engine");
        engine.progress().stop();
        assert!(matches!(engine.query("print 1"), Err(Error::Interrupted)));
        engine.progress().reset();
        assert!(engine.query("print 1").is_ok());
    }
}
