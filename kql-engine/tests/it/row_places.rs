//! Which row is the first, where no order is asked for, depends on the data alone: not on batches, partitions or files.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use kql_engine::{Answer, DataPath, Engine, Limits, cell};
use std::fmt::Write;
use std::sync::Arc;

/// Rows 0, 1, 2 ... with a key and a value that repeat.
fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.clone()));
    let k: ArrayRef = Arc::new(StringArray::from_iter_values(rows.clone().map(|n| format!("k{}", n * 7 % 5))));
    let v: ArrayRef = Arc::new(StringArray::from_iter_values(rows.map(|n| format!("v{}", n * 31 % 23))));
    RecordBatch::try_from_iter([("n", n), ("k", k), ("v", v)]).expect("a batch")
}

fn text(answer: &Answer, sorted: bool) -> String {
    let mut rows = Vec::new();
    for table in &answer.tables {
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let mut line = String::new();
                for (array, column) in batch.columns().iter().zip(&table.schema.columns) {
                    cell::text(array, column.ty, row, &mut line);
                    let _ = write!(line, "|");
                }
                rows.push(line);
            }
        }
    }
    if sorted {
        rows.sort();
    }
    rows.join("\n")
}

/// Runs a query over the same rows in many ways, which must give the same rows.
fn everywhere(query: &str) -> String {
    let mut answers = Vec::new();
    for (batch_size, partitions, step) in [(8192, 1, 200), (1, 4, 200), (7, 3, 11), (8192, 4, 1)] {
        let batches = (0..200).step_by(step).map(|at| batch(at..(at + step as i64).min(200))).collect();
        let engine = Engine::builder()
            .limits(Limits { batch_size, partitions, ..Limits::default() })
            .table("T", batches)
            .and_then(|builder| builder.table("U", vec![batch(0..60)])?.build())
            .expect("an engine");
        answers.push(text(&engine.query(query).expect(query), true));
    }
    for other in &answers {
        assert_eq!(other, &answers[0], "{query}");
    }
    answers.swap_remove(0)
}

#[test]
fn the_first_row_is_the_first_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in 0..12 {
        let path = folder.path().join(format!("part-{file:02}.parquet"));
        let batch = batch(file * 3000..(file + 1) * 3000);
        let properties =
            parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(500)).build();
        let file = std::fs::File::create(path).expect("a file");
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
    }
    let files = |count: usize| (0..count).map(|file| folder.path().join(format!("part-{file:02}.parquet")));
    // the partition of the first files ends at once
    let whole = [
        ("T | where n >= 9100 | summarize make_list(n, 3)", "[9100,9101,9102]|"),
        ("T | where n % 3000 == 2999 | summarize make_list(n, 3)", "[2999,5999,8999]|"),
        ("T | where n > 8 | take 2 | project n", "9|\n10|"),
        ("T | summarize make_set(n / 1000, 4), take_any(n) by k | top 1 by k asc", "k0|[0,1,2,3]|0|"),
        ("T | where n >= 20 | summarize arg_max(k, n) | project n", "22|"),
    ];
    // fewer files than partitions, and legs of a union
    let parts = [
        ("T | where n >= 2100 | summarize make_list(n, 3)", "[2100,2101,2102]|"),
        ("T | summarize make_list(n, 3), take_any(n) by k | top 1 by k asc", "k0|[0,5,10]|0|"),
        ("union (T | where n >= 4000), (T | where n < 5), T | summarize make_list(n, 3)", "[4000,4001,4002]|"),
        ("union (T | where n >= 8999), (T | where n < 5), T | summarize make_list(n, 3)", "[8999,0,1]|"),
    ];
    for (count, queries) in [(12, &whole[..]), (3, &parts), (5, &parts[..3])] {
        for partitions in [1, 2, 4, 7] {
            let table = |path| DataPath { name: Some("T".to_owned()), path };
            let limits = Limits { partitions, ..Limits::default() };
            let builder = files(count).fold(Engine::builder().limits(limits), |all, path| all.data(table(path)));
            let engine = builder.build().expect("an engine");
            for (query, expected) in queries {
                for _ in 0..5 {
                    let found = text(&engine.query(query).expect(query), false);
                    assert_eq!(&found, expected, "{query}, {count} files, {partitions} partitions");
                }
            }
        }
    }
}

#[test]
fn the_first_row_is_the_first_of_the_table() {
    assert_eq!(everywhere("T | where n > 3 | take 2"), "4|k3|v9|\n5|k0|v17|");
    assert_eq!(everywhere("T | summarize take_any(n) by k | where k == 'k2'"), "k2|1|");
    assert_eq!(
        everywhere("T | where n % 10 == 3 | summarize make_list(n)"),
        "[3,13,23,33,43,53,63,73,83,93,103,113,123,\
                133,143,153,163,173,183,193]|"
    );
    assert_eq!(everywhere("T | where n < 6 | summarize make_set(k)"), "[\"k0\",\"k2\",\"k4\",\"k1\",\"k3\"]|");
    // of equal ones the first
    assert_eq!(everywhere("T | summarize arg_max(v, n)"), "v9|4|");
}

#[test]
fn places_go_through_operators() {
    for query in [
        "T | join kind=innerunique (U | where n % 2 == 0) on k | summarize make_list(n), make_list(n1) by k",
        "T | join kind=leftouter (U | where k != 'k1') on v | summarize make_set(v), take_any(n, n1) by k",
        "union T, (U | extend n = n + 1000) | where n % 3 == 0 | summarize make_list(n) by k",
        "union T, U | take 70",
        "T | summarize count() by v | summarize make_list(v)",
        "T | summarize c = count() by k | top 2 by c",
        "union (T | summarize c = count() by k), (U | summarize c = count() by d = n % 7) | top 3 by c",
        "T | distinct k, v | take 7",
        "T | mv-expand n = range(n, n + 2) to typeof(long) | summarize make_list(n) by k",
        "T | lookup U on k | summarize take_any(n1) by v",
        "T | sort by k asc | extend r = row_number(), p = prev(n) | summarize make_list(r), make_list(p) by v",
        "T | where n == toscalar(U | where v == 'v3' | project n)",
        "let m = materialize(T | summarize take_any(n) by v); m | join (m | where n < 50) on v | summarize make_set(n)",
        "T | partition by k (summarize make_list(v))",
        "T | summarize make_bag(bag_pack(k, n))",
        "T | join kind=fullouter U on n | summarize make_list(v), make_list(v1)",
    ] {
        everywhere(query);
    }
}
