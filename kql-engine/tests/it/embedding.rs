//! The engine inside other programs: async code, streams, cancellation, tables of other systems.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::StreamExt;
use kql_engine::{CancellationToken, ColumnSource, Engine, Error, Limits};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Rows without end, for all that a test waits.
const ENDLESS: &str = "range x from 1 to 1000000000000 step 1 | where x % 2 == 0";

fn engine() -> Engine {
    let limits = Limits { partitions: 2, ..Limits::default() };
    Engine::builder().limits(limits).build().expect("an engine")
}

fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}

fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

#[test]
fn everything_works_inside_async_code() {
    on_one_thread(async {
        let engine = engine();
        let never = CancellationToken::new();
        let answer = engine.query_async("range x from 1 to 5 step 1", &never).await.expect("an answer");
        assert_eq!(rows(&answer.tables[0].batches), 5);
        assert!(engine.check_async("print a | wher b").await.expect("checked").diagnostics[0].is_error());
        let prepared = engine.prepare_async("print 1; print 2", &never).await.expect("prepared");
        assert_eq!(prepared.run_async(&never).await.expect("an answer").tables.len(), 2);
        // the blocking forms block, and nothing worse
        assert_eq!(engine.query("print 1").expect("an answer").tables.len(), 1);
        drop((prepared, engine));
    });
}

#[test]
fn a_stream_gives_rows_in_order_before_the_run_ends() {
    let prepared = engine().prepare(ENDLESS).expect("prepared");
    let started = Instant::now();
    let mut streams = prepared.stream(&CancellationToken::new()).expect("streams");
    assert_eq!(streams[0].schema.columns[0].name, "x");
    let batches: Vec<_> = streams.remove(0).batches().take(3).collect();
    let mut next = 2;
    for batch in batches {
        let batch = batch.expect("a batch");
        let values = batch.column(0).as_any().downcast_ref::<Int64Array>().expect("longs").clone();
        for value in values.values() {
            assert_eq!(*value, next);
            next += 2;
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn several_results_are_several_streams() {
    on_one_thread(async {
        let query = "range x from 1 to 3 step 1 | fork (where x > 1) (count)";
        let prepared = engine().prepare_async(query, &CancellationToken::new()).await.expect("prepared");
        let mut given = Vec::new();
        for mut stream in prepared.stream_async(&CancellationToken::new()).await.expect("streams") {
            let mut count = 0;
            while let Some(batch) = stream.next().await {
                count += batch.expect("a batch").num_rows();
            }
            assert!(stream.next().await.is_none());
            given.push(count);
        }
        assert_eq!(given, [2, 1]);
    });
}

#[test]
fn a_token_stops_its_query_and_no_other() {
    on_one_thread(async {
        let engine = engine();
        let cancel = CancellationToken::new();
        let summed = format!("{ENDLESS} | summarize sum(x)");
        let stopped = engine.query_async(&summed, &cancel);
        let stop = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        };
        let other = CancellationToken::new();
        let (stopped, (), answered) = futures::join!(stopped, stop, engine.query_async("print 1", &other));
        assert!(matches!(stopped, Err(Error::Interrupted)));
        assert_eq!(answered.expect("an answer").tables.len(), 1);
        // a future that is dropped stops its query: the engine ends with it
        let dropped = tokio::time::timeout(Duration::from_millis(100), engine.query_async(&summed, &other)).await;
        assert!(dropped.is_err());
    });
}

#[test]
fn a_provider_of_datafusion_is_a_table() {
    let names: ArrayRef = Arc::new(StringViewArray::from(vec![Some("ann"), None, Some("bob")]));
    let sizes: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let batch = RecordBatch::try_from_iter_with_nullable([("name", names, true), ("size", sizes, true)]).expect("rows");
    let provider = MemTable::try_new(batch.schema(), vec![vec![batch.clone()], vec![batch]]).expect("a provider");
    let builder = Engine::builder().table_provider("People", Arc::new(provider)).expect("a table");
    let engine = builder.build().expect("an engine");
    // a string is never null
    let answer = engine.query("People | where name == '' or size == 3 | project size, name").expect("an answer");
    assert_eq!(rows(&answer.tables[0].batches), 4);
    let answer = engine.query("People | summarize sum(size)").expect("an answer");
    let sum = answer.tables[0].batches[0].column(0).as_any().downcast_ref::<Int64Array>().expect("a long").value(0);
    assert_eq!(sum, 12);
}

#[test]
fn a_provider_of_a_known_table_has_its_columns() {
    let times: ArrayRef = Arc::new(StringViewArray::from(vec!["2026-03-10T11:00:00Z", "yesterday"]));
    let extra: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let batch = RecordBatch::try_from_iter([("Extra", extra), ("TimeGenerated", times)]).expect("rows");
    let provider = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a provider");
    let builder = Engine::builder().table_provider("SigninLogs", Arc::new(provider)).expect("a table");
    let engine = builder.build().expect("an engine");
    let answer = engine
        .query("SigninLogs | where TimeGenerated > datetime(2026-01-01) | project Extra, UserPrincipalName, n = 1")
        .expect("an answer");
    assert_eq!(rows(&answer.tables[0].batches), 1);
    let types: Vec<&str> = answer.tables[0].schema.columns.iter().map(|column| column.ty.name()).collect();
    assert_eq!(types, ["long", "string", "long"]);
    let notices = answer.notices.join(" ");
    assert!(notices.contains("yesterday") && notices.contains("SigninLogs"), "{notices}");
    let prepared = engine.prepare("SigninLogs | join kind=inner SigninLogs on Extra | count").expect("a query");
    assert_eq!((prepared.reads("SigninLogs"), prepared.reads("OfficeActivity")), (2, 0));
}

/// A partition that gives rows without end, or one that fails after a row.
#[derive(Debug)]
struct Rows {
    schema: SchemaRef,
    fails: bool,
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (schema, fails) = (self.schema.clone(), self.fails);
        let batches = futures::stream::iter(0i64..).then(move |n| {
            let schema = schema.clone();
            async move {
                if fails && n > 0 {
                    return Err(DataFusionError::Execution("the source is gone".to_owned()));
                }
                // slow, so that what waits is small
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok(RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![n]))])?)
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}

#[test]
fn a_partition_that_fails_ends_the_run_and_is_no_end_of_rows() {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
    for order in [[false, true], [true, false]] {
        let partitions =
            order.map(|fails| Arc::new(Rows { schema: schema.clone(), fails }) as Arc<dyn PartitionStream>);
        let provider = StreamingTable::try_new(schema.clone(), partitions.to_vec()).expect("a provider");
        let builder = Engine::builder().limits(Limits { partitions: 2, ..Limits::default() });
        let engine = builder.table_provider("T", Arc::new(provider)).expect("a table").build().expect("an engine");
        // nothing else would end it
        let failed = engine.query("T | where n >= 0");
        assert!(matches!(&failed, Err(Error::Run(message)) if message == "the source is gone"), "{failed:?}");
    }
}

/// The rows of a part that runs while the query is bound have the order that they have elsewhere.
#[test]
fn what_runs_while_a_query_is_bound_does_not_depend_on_partitions() {
    let count = 60;
    let ids: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|n| format!("id{}", n % 4))));
    let names: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|n| format!("name {n}"))));
    let batch = RecordBatch::try_from_iter([("id", ids), ("name", names)]).expect("rows");
    let text = "T | where id != 'id9' | summarize bag = make_bag(pack(id, name)), name = any(name) by id \
                | evaluate bag_unpack(bag) | sort by id asc";
    let ask = |batch_size, partitions| {
        let limits = Limits { batch_size, partitions, ..Limits::default() };
        let builder = Engine::builder().limits(limits).table("T", vec![batch.clone()]).expect("a table");
        let answer = builder.build().expect("an engine").query(text).expect("an answer");
        let mut cells = String::new();
        for batch in &answer.tables[0].batches {
            for row in 0..batch.num_rows() {
                for (array, column) in batch.columns().iter().zip(&answer.tables[0].schema.columns) {
                    kql_engine::cell::json(array, column.ty, row, &mut cells);
                }
            }
        }
        cells
    };
    let one = ask(8192, 1);
    assert!(one.contains("name 0") && !one.contains("name 59"), "{one}");
    for (batch_size, partitions) in [(1, 4), (3, 2), (8192, 4), (7, 8)] {
        for _ in 0..5 {
            assert_eq!(ask(batch_size, partitions), one, "{batch_size} rows, {partitions} partitions");
        }
    }
}

/// Columns, and what was fetched of them: the column, and how many rows.
#[derive(Debug)]
struct Owned {
    batch: RecordBatch,
    fetched: Mutex<Vec<(String, usize)>>,
    selects: bool,
}

impl ColumnSource for Owned {
    fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    fn rows(&self) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.batch.num_rows())
    }

    fn selects_rows(&self) -> bool {
        self.selects
    }

    fn fetch(
        &self,
        columns: &[usize],
        rows: Option<&[u64]>,
    ) -> Result<Vec<RecordBatch>, Box<dyn std::error::Error + Send + Sync>> {
        let mut batch = self.batch.project(columns)?;
        if let Some(rows) = rows {
            batch = take_record_batch(&batch, &UInt64Array::from(rows.to_vec()))?;
        }
        if batch.schema().fields().iter().any(|field| field.name() == "broken") {
            return Err("the column is broken".into());
        }
        let mut fetched = self.fetched.lock().expect("a lock");
        fetched.extend(batch.schema().fields().iter().map(|field| (field.name().clone(), batch.num_rows())));
        Ok(vec![batch])
    }
}

#[test]
fn columns_are_fetched_for_the_rows_that_a_query_needs() {
    let count = 200_000;
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|n| format!("text {}", n % 100))));
    let batch = RecordBatch::try_from_iter([("n", numbers.clone()), ("s", texts), ("broken", numbers)]).expect("rows");
    for selects in [true, false] {
        let source = Arc::new(Owned { batch: batch.clone(), fetched: Mutex::default(), selects });
        let builder = Engine::builder().columns("T", source.clone()).expect("a table");
        let engine = builder.build().expect("an engine");
        let ask = |text: &str| {
            let answer = engine.query(text).expect("an answer");
            let longs = answer.tables[0].batches.iter().flat_map(|batch| {
                let column = batch.column(0).as_any().downcast_ref::<Int64Array>().expect("a long");
                column.iter().flatten().collect::<Vec<_>>()
            });
            (longs.collect::<Vec<_>>(), std::mem::take(&mut *source.fetched.lock().expect("a lock")))
        };
        let all = count as usize;
        let named = |name: &str, rows: usize| (name.to_owned(), rows);
        assert_eq!(ask("T | count"), (vec![count], vec![]));
        // numbers first: the texts of 1,000 rows are enough
        let (found, fetched) = ask("T | where s == 'text 7' and n >= 199000 | project n");
        assert_eq!(found, (0..10).map(|i| 199_007 + i * 100).collect::<Vec<_>>());
        if selects {
            assert_eq!(fetched, [named("n", all), named("s", 1000), named("n", 10), named("s", 10)]);
        }
        // nearly all rows are left: nothing is fetched twice
        let (found, fetched) = ask("T | where n > 5 | summarize sum(n)");
        assert_eq!((found, fetched), (vec![count * (count - 1) / 2 - 15], vec![named("n", all)]));
        let (found, fetched) = ask("T | where n > 199990 | where n > 199995 and s has '98' | project n, s, m = n");
        assert_eq!(found, [199_998]);
        assert!(!selects || fetched.iter().all(|(name, rows)| name != "s" || *rows < 5), "{fetched:?}");
        assert_eq!(ask("T | where n < 0 | summarize max(strlen(s)), count() | project count_").0, [0]);
        assert_eq!(ask("T | where s == 'text 1' | join kind=inner (T | where n == 101) on n | project n").0, [101]);
        assert_eq!(ask("T | serialize r = row_number() | where n == 150000 | project r").0, [150_001]);
        let failed = engine.query("T | summarize sum(broken)");
        assert!(matches!(&failed, Err(Error::Run(message)) if message == "the column is broken"), "{failed:?}");
    }
}
