//! Where detection queries spend their time: each shape in rows per second, and as a ratio to the nearest form that
//! DataFusion has, over the same rows in memory.
//!
//! `cargo bench --bench kernels`; `KQL_BENCH_ROWS` changes the number of rows.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use datafusion::common::{Column, JoinType, Result, UnnestOptions};
use datafusion::datasource::MemTable;
use datafusion::functions_aggregate::expr_fn::{array_agg, count, last_value};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprFunctionExt, Operator, Volatility, binary_expr, create_udf, lit,
};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, ident};
use kql_engine::Engine;
use kql_engine::time::HOUR;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const RUNS: usize = 5;

/// The events with a column of JSON, one of arrays as JSON, and the same arrays as Arrow has them.
fn events(rows: usize) -> Vec<RecordBatch> {
    let parquet = bench_events::process_events(Path::new(env!("CARGO_TARGET_TMPDIR")), rows).parquet;
    let file = std::fs::File::open(parquet).expect("the events are there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").with_batch_size(8192);
    let batches = reader.build().expect("a reader").map(|batch| batch.expect("a batch"));
    batches.map(|batch| with_nested(&batch)).collect()
}

fn with_nested(batch: &RecordBatch) -> RecordBatch {
    let text = |name: &str| batch.column_by_name(name).expect("a column").as_string::<i32>().clone();
    let (files, commands, users) = (text("FileName"), text("ProcessCommandLine"), text("AccountName"));
    let processes = batch.column_by_name("ProcessId").expect("a column").as_primitive::<Int64Type>().clone();
    let (mut json, mut tags) = (StringBuilder::new(), StringBuilder::new());
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..batch.num_rows() {
        let value = serde_json::json!({
            "Process": {"Id": processes.value(row), "File": files.value(row)},
            "CommandLine": commands.value(row),
            "Account": users.value(row),
        });
        json.append_value(value.to_string());
        let parts = [users.value(row), files.value(row), "tag"];
        tags.append_value(serde_json::json!(parts).to_string());
        parts.iter().for_each(|part| lists.values().append_value(part));
        lists.append(true);
    }
    // the time as ticks, which both sides then compare alike
    let times = batch.column_by_name("Timestamp").expect("a column").as_primitive::<TimestampMicrosecondType>();
    let ticks: Int64Array = times.unary(|micros| micros * 10);
    let added: [(&str, ArrayRef); 4] = [
        ("Ticks", Arc::new(ticks)),
        ("Json", Arc::new(json.finish())),
        ("Tags", Arc::new(tags.finish())),
        ("TagList", Arc::new(lists.finish())),
    ];
    let mut fields: Vec<Field> = batch.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
    let mut columns = batch.columns().to_vec();
    for (name, column) in added {
        fields.push(Field::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch")
}

/// Group `group` of a regular expression, or the empty text: what DataFusion's own function does, by the same kernel.
fn group(column: &str, pattern: &'static str, group: usize) -> Expr {
    let function = move |args: &[ColumnarValue]| -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(args)?;
        let patterns = StringArray::new_scalar(pattern);
        let found = arrow::compute::kernels::regexp::regexp_match(&arrays[0], &patterns, None)?;
        let found = found.as_list::<i32>();
        let values: StringArray = (0..found.len())
            .map(|row| {
                let groups = found.is_valid(row).then(|| found.value(row))?;
                Some(groups.as_string::<i32>().value(group - 1).to_owned())
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(values)))
    };
    create_udf(pattern, vec![DataType::Utf8], DataType::Utf8, Volatility::Immutable, Arc::new(function))
        .call(vec![ident(column)])
}

fn matches(column: &str, operator: Operator, pattern: &str) -> Expr {
    binary_expr(ident(column), operator, lit(pattern))
}

fn counted(frame: DataFrame) -> Result<DataFrame> {
    frame.aggregate(vec![], vec![count(lit(1)).alias("n")])
}

fn filtered(frame: DataFrame, condition: Expr) -> Result<DataFrame> {
    counted(frame.filter(condition)?)
}

fn latest(frame: DataFrame) -> Result<DataFrame> {
    let order = vec![ident("Ticks").sort(true, true)];
    let last = |name: &str| last_value(ident(name), order.clone()).alias(name);
    let columns = ["Ticks", "DeviceName", "AccountName", "FileName", "FolderPath", "SHA256", "ProcessCommandLine"];
    frame.aggregate(vec![ident("DeviceId")], columns.map(last).to_vec())
}

fn joined(frame: DataFrame) -> Result<DataFrame> {
    let part =
        |file: &str| frame.clone().filter(ident("FileName").eq(lit(file)))?.select_columns(&["SHA256", "ProcessId"]);
    let right = part("pwsh.exe")?.select(vec![ident("SHA256").alias("key"), ident("ProcessId").alias("other")])?;
    counted(part("powershell.exe")?.union(part("pwsh.exe")?)?.join(
        right,
        JoinType::Inner,
        &["SHA256"],
        &["key"],
        None,
    )?)
}

type ByHand = fn(DataFrame) -> Result<DataFrame>;

const SHAPES: &[(&str, &str, ByHand)] = &[
    ("has", "E | where ProcessCommandLine has 'mailbox' | count", |e| {
        filtered(e, matches("ProcessCommandLine", Operator::RegexIMatch, r"\bmailbox\b"))
    }),
    (
        "has_any, 4 terms",
        "E | where ProcessCommandLine has_any ('Search-Mailbox', 'Set-InboxRule', 'New-TransportRule', 'Remove-MoveRequest') | count",
        |e| {
            let pattern = r"\b(Search-Mailbox|Set-InboxRule|New-TransportRule|Remove-MoveRequest)\b";
            filtered(e, matches("ProcessCommandLine", Operator::RegexIMatch, pattern))
        },
    ),
    ("contains", "E | where ProcessCommandLine contains 'mailboxstat' | count", |e| {
        filtered(e, ident("ProcessCommandLine").ilike(lit("%mailboxstat%")))
    }),
    ("matches regex", r"E | where ProcessCommandLine matches regex @'report\d+\.csv' | count", |e| {
        filtered(e, matches("ProcessCommandLine", Operator::RegexMatch, r"report\d+\.csv"))
    }),
    ("in~, 3 values", "E | where FileName in~ ('PowerShell.exe', 'pwsh.exe', 'cmd.exe') | count", |e| {
        filtered(e, matches("FileName", Operator::RegexIMatch, r"^(powershell\.exe|pwsh\.exe|cmd\.exe)$"))
    }),
    (
        "parse_json, 2 properties",
        "E | extend d = parse_json(Json) | where tostring(d.Process.File) == 'cmd.exe' and tostring(d.Account) startswith 'user1' | count",
        |e| {
            let file = group("Json", r#""File":"((?:[^"\\]|\\.)*)""#, 1).eq(lit("cmd.exe"));
            let account = group("Json", r#""Account":"((?:[^"\\]|\\.)*)""#, 1).like(lit("user1%"));
            filtered(e, file.and(account))
        },
    ),
    ("extract", r"E | where extract(@'report(\d+)\.csv', 1, ProcessCommandLine) == '1234' | count", |e| {
        filtered(e, group("ProcessCommandLine", r"report(\d+)\.csv", 1).eq(lit("1234")))
    }),
    ("parse", "E | parse ProcessCommandLine with * '-Command ' Command | summarize count() by isempty(Command)", |e| {
        let command = group("ProcessCommandLine", r"-Command (.*)", 1);
        e.aggregate(vec![command.is_null()], vec![count(lit(1)).alias("n")])
    }),
    ("summarize by bin()", "E | summarize count() by bin(Timestamp, 1h), FileName", |e| {
        let hour = ident("Ticks") - ident("Ticks") % lit(HOUR);
        e.aggregate(vec![hour.alias("hour"), ident("FileName")], vec![count(lit(1)).alias("n")])
    }),
    (
        "arg_max(*), 2,000 groups",
        "E | project Ticks, DeviceId, DeviceName, AccountName, FileName, FolderPath, SHA256, ProcessCommandLine | summarize arg_max(Ticks, *) by DeviceId",
        latest,
    ),
    ("make_set, 2,000 groups", "E | summarize make_set(FileName) by DeviceId", |e| {
        let set = array_agg(ident("FileName")).distinct().build()?.alias("set");
        e.aggregate(vec![ident("DeviceId")], vec![set])
    }),
    ("mv-expand", "E | mv-expand T = todynamic(Tags) to typeof(string) | summarize count() by T", |e| {
        let e = e
            .select(vec![ident("TagList")])?
            .unnest_columns_with_options(&["\"TagList\""], UnnestOptions::default())?;
        e.aggregate(vec![Expr::Column(Column::from_name("TagList"))], vec![count(lit(1)).alias("n")])
    }),
    (
        "join on strings",
        "E | where FileName in ('powershell.exe', 'pwsh.exe') | join kind=inner (E | where FileName == 'pwsh.exe' | project SHA256, Other = ProcessId) on SHA256 | count",
        joined,
    ),
];

/// The best of several runs, in seconds, and the rows of the answer.
fn best(mut run: impl FnMut() -> usize) -> (f64, usize) {
    let mut best = f64::MAX;
    let mut rows = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        rows = run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    (best, rows)
}

fn main() {
    let rows = std::env::var("KQL_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(500_000);
    let wanted = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let batches = events(rows);
    let schema = batches.first().expect("events").schema();
    let kept: Vec<usize> = (0..schema.fields().len()).filter(|i| schema.field(*i).name() != "TagList").collect();
    let ours = batches.iter().map(|b| b.project(&kept).expect("columns")).collect();
    let engine = Engine::builder().table("E", ours).expect("a table").build().expect("an engine");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let parts = batches.chunks(batches.len().div_ceil(2)).map(<[RecordBatch]>::to_vec).collect();
    let table = Arc::new(MemTable::try_new(schema, parts).expect("a table"));
    println!("{rows} rows in memory, best of {RUNS} runs");
    println!("{:<26} {:>14} {:>14} {:>8}", "", "kql rows/s", "by hand rows/s", "ratio");
    for (name, query, by_hand) in SHAPES {
        if wanted.as_ref().is_some_and(|w| !name.contains(w.as_str())) {
            continue;
        }
        let (mine, found) = best(|| {
            let answer = engine.query(query).unwrap_or_else(|e| panic!("{query}: {e}"));
            answer.tables[0].batches.iter().map(RecordBatch::num_rows).sum()
        });
        let (theirs, same) = best(|| {
            let context = SessionContext::new_with_config(SessionConfig::new());
            let frame = context.read_table(table.clone()).expect("a table");
            let frame = by_hand(frame).unwrap_or_else(|e| panic!("{name}: {e}"));
            let batches = runtime.block_on(frame.collect()).unwrap_or_else(|e| panic!("{name}: {e}"));
            batches.iter().map(RecordBatch::num_rows).sum()
        });
        assert_eq!(found, same, "{name}");
        let per_second = |seconds: f64| rows as f64 / seconds;
        println!("{name:<26} {:>14.0} {:>14.0} {:>8.2}", per_second(mine), per_second(theirs), theirs / mine);
    }
}
