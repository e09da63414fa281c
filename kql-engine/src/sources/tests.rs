//! Reads files of every format, complete and damaged, up to batches.

use super::*;
use crate::cell;
use crate::error::SourceError;
use crate::types::{Column, ScalarType, TableSchema};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use datafusion::physical_plan::collect;
use datafusion::prelude::SessionConfig;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

mod arrow_types;
mod damaged;
mod event_log;
mod formats;
mod mutants;
mod row_filter;

mod sampled;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn file(dir: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(&path, content).expect("a file");
    path
}

fn schema(columns: &[(&str, ScalarType)]) -> TableSchema {
    TableSchema { columns: columns.iter().map(|(n, t)| Column::new(*n, *t)).collect() }
}

fn open_path(path: &Path, declared: Option<&TableSchema>) -> Result<SourceTable, SourceError> {
    let tables = discover(&[path.into()], &Arc::default(), &OpenOptions::default())?;
    open(tables.first().expect("a table"), declared, Some(("Timestamp", "TimeGenerated")), &OpenOptions::default())
}

fn state(batch_size: usize, partitions: usize) -> SessionState {
    let mut config = SessionConfig::new().with_batch_size(batch_size).with_target_partitions(partitions);
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.schema_force_view_types = false;
    SessionStateBuilder::new().with_config(config).with_default_features().build()
}

async fn run(
    table: &SourceTable,
    filter: Option<Expr>,
    state: &SessionState,
) -> datafusion::common::Result<Vec<RecordBatch>> {
    let source = datafusion::datasource::provider_as_source(table.provider.clone());
    let mut plan = LogicalPlanBuilder::scan("t", source, None)?;
    if let Some(filter) = filter {
        plan = plan.filter(filter)?;
    }
    let plan = plan.build()?;
    let plan = state.create_physical_plan(&state.optimize(&plan)?).await;
    let plan = plan?;
    assert_eq!(plan.schema(), table.schema.plain());
    collect(plan, state.task_ctx()).await
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime").block_on(future)
}

/// The rows as text, `name:type` first.
fn rows(table: &SourceTable) -> Vec<String> {
    let read = |batch_size, partitions| {
        let batches = block_on(run(table, None, &state(batch_size, partitions))).expect("batches");
        let mut lines = Vec::new();
        for batch in &batches {
            assert!(batch.num_rows() <= batch_size);
            for row in 0..batch.num_rows() {
                let mut line = String::new();
                for (array, column) in batch.columns().iter().zip(&table.schema.columns) {
                    if !line.is_empty() {
                        line.push('|');
                    }
                    if array.is_null(row) {
                        line.push_str("null");
                    }
                    cell::text(array, column.ty, row, &mut line);
                }
                lines.push(line);
            }
        }
        lines
    };
    let mut all = read(8192, 1);
    let mut small = read(1, 3);
    small.sort();
    let header = table.schema.columns.iter().map(|c| format!("{}:{}", c.name, c.ty)).collect::<Vec<_>>().join("|");
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(sorted, small);
    all.insert(0, header);
    all
}

const NDJSON: &str = r#"{"Timestamp":"2024-05-01T10:00:00.1234567Z","Name":"a\"b","Id":5,"Extra":{"x": [1, 2]},"Share":1}
{"Name":"caf\u00e9","Id":"6","Extra":null,"Share":0.5,"Flag":true}

{"Id":null,"Timestamp":null}
"#;

const EXPECTED: [&str; 4] = [
    "Timestamp:datetime|Name:string|Id:long|Missing:string|None:int|Extra:dynamic|Share:real|Flag:bool",
    "2024-05-01T10:00:00.1234567Z|a\"b|5||null|{\"x\":[1,2]}|1.0|null",
    "null|café|6||null|null|0.5|true",
    "null||null||null|null|null|null",
];

fn declared() -> TableSchema {
    use ScalarType::*;
    schema(&[("Timestamp", Datetime), ("Name", String), ("Id", Long), ("Missing", String), ("None", Int)])
}

#[test]
fn ndjson() {
    let dir = folder();
    let table = open_path(&file(&dir, "T.ndjson", NDJSON), Some(&declared())).expect("a table");
    assert_eq!(rows(&table), EXPECTED);
    assert_eq!(table.report.notices(), Vec::<String>::new());
    assert_eq!((table.report.rows(), table.name.as_str()), (3, "T"));
}

#[test]
fn json_of_every_layout() {
    let dir = folder();
    let lines: Vec<&str> = NDJSON.lines().filter(|l| !l.is_empty()).collect();
    let array = format!("\u{feff}[\n{}\n]\n", lines.join(",\n"));
    let pretty = lines.join("\n").replace(",\"Name\"", ",\n  \"Name\"");
    for (name, text) in
        [("a/T.json", array.as_str()), ("b/T.json", NDJSON), ("c/T.json", &pretty), ("d/T.ndjson", &array)]
    {
        let table = open_path(&file(&dir, name, text), Some(&declared())).expect("a table");
        assert_eq!(rows(&table), EXPECTED, "{name}");
        assert_eq!(table.report.refused(), 0, "{name}");
    }
    let one = open_path(&file(&dir, "One.json", "{\n\"a\": 1\n}"), None).expect("a table");
    assert_eq!(rows(&one), ["a:long", "1"]);
    let none = open_path(&file(&dir, "None.json", "[]"), None).expect("a table");
    assert_eq!(rows(&none), [""]);
}

#[test]
fn compressed() {
    let dir = folder();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(NDJSON.as_bytes()).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let zstd = zstd::encode_all(NDJSON.as_bytes(), 1).expect("memory");
    for (name, bytes) in [("T.ndjson.gz", gzip), ("T.json.zst", zstd)] {
        let table = open_path(&file(&dir, name, bytes), Some(&declared())).expect("a table");
        assert_eq!(rows(&table), EXPECTED, "{name}");
    }
    let bad = open_path(&file(&dir, "Bad.ndjson.gz", "no gzip"), None).expect_err("no gzip");
    assert!(bad.to_string().contains("Bad.ndjson.gz"), "{bad}");
}

#[test]
fn csv_with_everything() {
    let dir = folder();
    let text = "\u{feff}Timestamp,Name,Id,Extra,Share,Flag\r\n\
        2024-05-01T10:00:00.1234567Z,\"a\"\"b\",5,\"{\"\"x\"\": [1, 2]}\",1,\r\n\
        ,café,6,,0.5,true\r\n,,,,,\r\n";
    let types = schema(&[("Extra", ScalarType::Dynamic)]);
    let mut all = declared();
    all.columns.extend(types.columns);
    let table = open_path(&file(&dir, "T.csv", text), Some(&all)).expect("a table");
    assert_eq!(rows(&table), EXPECTED);
    assert_eq!(table.report.refused(), 0);
}

#[test]
fn csv_rows_that_do_not_fit_the_header() {
    let dir = folder();
    let text = "a,b\n1,2\n1,2,3\n\"x\ny\",2\n5\n6,7,,\n";
    for (text, name) in [(text.to_owned(), "T.csv"), (text.replace('\n', "\r\n"), "W.csv")] {
        let table = open_path(&file(&dir, name, &text), None).expect("a table");
        assert_eq!(rows(&table)[0], "a:string|b:long");
        assert_eq!(rows(&table).len(), 4);
        assert_eq!(table.report.refused(), 2);
        let notices = table.report.notices();
        assert!(
            notices[0].contains("line 3: the row has 3 fields, the header 2; line 6: the row has 1 field"),
            "{notices:?}"
        );
    }
    let strict = open(
        &discover(&[dir.path().join("T.csv").into()], &Arc::default(), &OpenOptions::default()).expect("a table")[0],
        None,
        None,
        &OpenOptions { strict: true, ..OpenOptions::default() },
    );
    assert!(strict.expect_err("strict").to_string().contains("T.csv: line 3: the row has 3 fields"));
}

#[test]
fn a_line_that_is_cut_off() {
    let dir = folder();
    let path = file(&dir, "T.ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"b\":\"x\n{\"a\":4}\n");
    let table = open_path(&path, None).expect("a table");
    assert_eq!(rows(&table), ["a:long", "1", "2", "4"]);
    let notices = table.report.notices();
    assert_eq!(table.report.refused(), 1);
    assert!(notices[0].contains("T.ndjson: 1 row was skipped: line 3: the text ends inside a string"), "{notices:?}");
    let tables = discover(&[path.into()], &Arc::default(), &OpenOptions::default()).expect("a table");
    let error =
        open(&tables[0], None, None, &OpenOptions { strict: true, ..OpenOptions::default() }).expect_err("strict");
    assert!(matches!(&error, SourceError::Refused { line: 3, .. }), "{error}");
}

#[test]
fn invalid_utf8() {
    let dir = folder();
    let table =
        open_path(&file(&dir, "T.ndjson", b"{\"a\":\"x\"}\n{\"a\":\"\xff\"}\n{\"a\":\"z\"}"), None).expect("a table");
    assert_eq!(rows(&table), ["a:string", "x", "z"]);
    assert!(table.report.notices()[0].contains("line 2: the text is not valid UTF-8"));
    let table = open_path(&file(&dir, "C.csv", b"a,b\nx,1\n\xff,2\n\xc3,\xa9\n"), None).expect("a table");
    assert_eq!(rows(&table), ["a:string|b:long", "x|1"]);
    assert_eq!(table.report.refused(), 2);
    assert!(table.report.notices()[0].contains("line 3"));
    let error = open_path(&file(&dir, "U.csv", b"\xff\xfea\0,\0"), None).expect_err("UTF-16");
    assert!(error.to_string().contains("UTF-16"));
}

#[test]
fn empty_files() {
    let dir = folder();
    for name in ["T.ndjson", "T.json", "T.csv", "T.parquet", "T.arrow"] {
        let table = open_path(&file(&dir, name, ""), Some(&declared())).expect("a table");
        assert_eq!(rows(&table).len(), 1, "{name}");
        assert!(table.report.notices()[0].contains("the file is empty"), "{name}");
    }
    let header = open_path(&file(&dir, "H.csv", "a,b\n"), None).expect("a table");
    assert_eq!(rows(&header), ["a:string|b:string"]);
    let blank = open_path(&file(&dir, "B.ndjson", "\u{feff}\n  \n"), None).expect("a table");
    assert_eq!(rows(&blank), [""]);
}

#[test]
fn values_that_do_not_fit() {
    let dir = folder();
    let path = file(&dir, "T.ndjson", "{\"Id\":\"five\"}\n{\"Id\":[1],\"Timestamp\":\"soon\"}\n{\"Id\":7}\n");
    let table = open_path(&path, Some(&declared())).expect("a table");
    assert_eq!(rows(&table).len(), 4);
    // scanned several times, counted once
    assert_eq!(rows(&table).len(), 4);
    assert_eq!(table.report.misfits(), 3);
    let notices = table.report.notices().join("\n");
    assert!(
        notices.contains("2 values do not fit the column Id (long) and became null: line 1: 'five'; line 2: '[1]'")
    );
    assert!(notices.contains("Timestamp (datetime)"), "{notices}");
}

#[test]
fn twins_stand_in_for_each_other() {
    let dir = folder();
    let types = schema(&[("Timestamp", ScalarType::Datetime), ("TimeGenerated", ScalarType::Datetime)]);
    let one = open_path(&file(&dir, "A.csv", "TimeGenerated\n2024-01-01T00:00:00Z\n"), Some(&types)).expect("a table");
    assert_eq!(rows(&one)[1], "2024-01-01T00:00:00Z|2024-01-01T00:00:00Z");
    let both = open_path(
        &file(
            &dir,
            "B.ndjson",
            "{\"Timestamp\":\"2024-01-01T00:00:00Z\"}\n{\"TimeGenerated\":\"2024-01-02T00:00:00Z\"}",
        ),
        Some(&types),
    );
    assert_eq!(rows(&both.expect("a table"))[1..], ["2024-01-01T00:00:00Z|null", "null|2024-01-02T00:00:00Z"]);
}

#[test]
fn many_parts_keep_their_line_numbers() {
    let dir = folder();
    let mut text = String::new();
    let pad = "x".repeat(100);
    for i in 0..400_000 {
        let value = if i == 300_000 { "\"oops\"".to_owned() } else { i.to_string() };
        text += &format!("{{\"Id\":{value},\"pad\":\"{pad}\"}}\n");
        if i == 200_000 {
            text += "{\"Id\":\n";
        }
    }
    let table = open_path(&file(&dir, "T.ndjson", &text), Some(&declared())).expect("a table");
    let batches = block_on(run(&table, None, &state(8192, 4))).expect("batches");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 400_000);
    let notices = table.report.notices().join("\n");
    assert!(notices.contains("line 200002: the text ends in the middle of a value"), "{notices}");
    assert!(notices.contains("line 300002: 'oops'"), "{notices}");
    let csv = text
        .lines()
        .filter(|l| l.len() > 10)
        .map(|l| format!("{},\"{pad}\n\"\r\n", l.split([':', ',']).nth(1).unwrap_or("")));
    let csv = format!("Id,pad\r\n{}", csv.collect::<String>());
    let table = open_path(&file(&dir, "C.csv", &csv), Some(&declared())).expect("a table");
    let batches = block_on(run(&table, None, &state(8192, 4))).expect("batches");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 400_000);
    let notices = table.report.notices().join("\n");
    assert!(notices.contains("line 600002: 'oops'"), "{notices}");
}

fn parquet_file(path: &Path, batch: &RecordBatch, rows_per_group: usize) {
    let properties = ::parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let out = fs::File::create(path).expect("a file");
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(out, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
}

fn sample() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        (
            "Timestamp",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_714_557_600_123_456), None]).with_timezone("UTC")),
            true,
        ),
        ("Name", Arc::new(StringArray::from(vec![Some("a"), None])), true),
        ("Id", Arc::new(Int64Array::from(vec![5, 6])), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

const SAMPLE: [&str; 3] = [
    "Timestamp:datetime|Name:string|Id:long|Missing:string|None:int",
    "2024-05-01T10:00:00.123456Z|a|5||null",
    "null||6||null",
];

#[test]
fn parquet_and_arrow() {
    let dir = folder();
    parquet_file(&dir.path().join("T.parquet"), &sample(), 1);
    let zstd = zstd::encode_all(fs::File::open(dir.path().join("T.parquet")).expect("a file"), 1).expect("memory");
    file(&dir, "Z.parquet.zst", zstd);
    let mut ipc = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &sample().schema()).expect("a writer");
    ipc.write(&sample()).expect("rows");
    file(&dir, "A.arrow", ipc.into_inner().expect("bytes"));
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &sample().schema()).expect("a writer");
    stream.write(&sample()).expect("rows");
    file(&dir, "S.ipc", stream.into_inner().expect("bytes"));
    for name in ["T.parquet", "Z.parquet.zst", "A.arrow", "S.ipc"] {
        let table = open_path(&dir.path().join(name), Some(&declared())).expect("a table");
        assert_eq!(rows(&table), SAMPLE, "{name}");
    }
    let table = open_path(&dir.path().join("T.parquet"), None).expect("a table");
    assert_eq!(rows(&table)[0], "Timestamp:datetime|Name:string|Id:long");
}

#[test]
fn parquet_filters_agree_with_the_rows() {
    let dir = folder();
    let path = dir.path().join("folder with space/T.parquet");
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let stamps: Vec<i64> = (0..100).collect();
    let columns: Vec<(&str, ArrayRef, bool)> =
        vec![("Timestamp", Arc::new(TimestampMicrosecondArray::from(stamps)), true)];
    parquet_file(&path, &RecordBatch::try_from_iter_with_nullable(columns).expect("a batch"), 10);
    let table = open_path(&path, None).expect("a table");
    let start = crate::time::EPOCH;
    for offset in [-15i64, 0, 5, 10, 255, 500, 505, 990, 1000] {
        let tick = start + offset;
        let count = |filter: Expr| -> usize {
            let batches = block_on(run(&table, Some(filter), &state(8192, 2))).expect("batches");
            batches.iter().map(RecordBatch::num_rows).sum()
        };
        let expected = |test: &dyn Fn(i64) -> bool| (0..100).filter(|i| test(start + i * 10)).count();
        assert_eq!(count(col("t.\"Timestamp\"").gt(lit(tick))), expected(&|t| t > tick), "> {offset}");
        assert_eq!(count(col("t.\"Timestamp\"").gt_eq(lit(tick))), expected(&|t| t >= tick), ">= {offset}");
        assert_eq!(count(col("t.\"Timestamp\"").lt(lit(tick))), expected(&|t| t < tick), "< {offset}");
        assert_eq!(count(col("t.\"Timestamp\"").lt_eq(lit(tick))), expected(&|t| t <= tick), "<= {offset}");
        assert_eq!(count(col("t.\"Timestamp\"").eq(lit(tick))), expected(&|t| t == tick), "= {offset}");
    }
}

#[test]
fn a_folder_of_many_formats() {
    let dir = folder();
    file(&dir, "data/T/a.ndjson", "{\"Name\":\"x\",\"n\":1}");
    file(&dir, "data/T/b.csv", "Name,n\ny,2.5\n");
    fs::create_dir_all(dir.path().join("data/T/deep")).expect("a folder");
    parquet_file(&dir.path().join("data/T/deep/c.parquet"), &sample(), 10);
    let tables = discover(&[dir.path().join("data").into()], &Arc::default(), &OpenOptions::default()).expect("tables");
    let table = open(&tables[0], None, None, &OpenOptions::default()).expect("a table");
    let all = rows(&table);
    assert_eq!(all[0], "Name:string|n:real|Timestamp:datetime|Id:long");
    assert_eq!(all.len(), 5);
}

#[test]
fn what_is_no_parquet_or_arrow() {
    let dir = folder();
    for (name, word) in [("T.parquet", "Parquet"), ("T.arrow", "Arrow IPC"), ("T.parquet.gz", "T.parquet.gz")] {
        let error = open_path(&file(&dir, name, "this is text, whatever its name says"), None).expect_err("no");
        assert!(error.to_string().contains(word) && error.to_string().contains(name), "{error}");
    }
    // cut off in the middle
    parquet_file(&dir.path().join("C.parquet"), &sample(), 1);
    let bytes = fs::read(dir.path().join("C.parquet")).expect("bytes");
    let error = open_path(&file(&dir, "C.parquet", &bytes[..bytes.len() / 2]), None).expect_err("cut");
    assert!(matches!(error, SourceError::NotThat { .. }), "{error}");
}

#[test]
fn our_own_parquet_comes_back() {
    let dir = folder();
    let types = schema(&[("t", ScalarType::Datetime), ("d", ScalarType::Dynamic), ("s", ScalarType::Timespan)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![crate::time::EPOCH + 1])),
        Arc::new(StringArray::from(vec!["{\"a\":1}"])),
        Arc::new(Int64Array::from(vec![10_000_000])),
    ];
    let batch = RecordBatch::try_new(types.arrow(), columns).expect("a batch");
    parquet_file(&dir.path().join("T.parquet"), &batch, 10);
    let table = open_path(&dir.path().join("T.parquet"), None).expect("a table");
    assert_eq!(rows(&table), ["t:datetime|d:dynamic|s:timespan", "1970-01-01T00:00:00.0000001Z|{\"a\":1}|00:00:01"]);
    let batches = block_on(run(&table, None, &state(8192, 1))).expect("batches");
    assert!(pretty_format_batches(&batches).is_ok());
}

#[test]
fn nothing_panics_on_damaged_input() {
    let dir = folder();
    let texts: [&[u8]; 9] =
        [b"{", b"[", b"[{\"a\":1},{\"a\":", b"}{", b"null", b"{\"a\":1}}\n{\"b\"", b"\"", b"\xef\xbb\xbf", b"\0\0\0\0"];
    for (i, text) in texts.iter().enumerate() {
        for extension in ["ndjson", "json", "csv", "parquet", "arrow", "csv.zst"] {
            let path = file(&dir, &format!("F{i}.{extension}"), text);
            if let Ok(table) = open_path(&path, None) {
                rows(&table);
                table.report.notices();
            }
        }
    }
}
