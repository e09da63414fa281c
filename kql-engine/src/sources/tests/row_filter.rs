//! Filters that are applied while rows are read only change the time it takes.

use super::*;

type Row = (i64, i64, &'static str, &'static str);

/// Rows of a table for which the filter holds, in the order of the file.
fn filtered(table: &SourceTable, filter: Expr, batch_size: usize, partitions: usize) -> Vec<i64> {
    let batches = block_on(run(table, Some(filter), &state(batch_size, partitions))).expect("rows");
    let mut found: Vec<i64> = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_any().downcast_ref::<Int64Array>().expect("longs").values().to_vec())
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn the_same_rows_pass() {
    let dir = folder();
    let row = |i: i64| (i, i * 7 % 100, ["x", "yy", ""][(i % 3) as usize], if i % 5 == 0 { "soon" } else { "12" });
    let all: Vec<_> = (0..30_000).map(row).collect();
    let json = all.iter().map(|(i, k, s, o)| format!("{{\"i\":{i},\"k\":{k},\"s\":\"{s}\",\"o\":\"{o}\"}}\n"));
    let csv = all.iter().map(|(i, k, s, o)| format!("{i},{k},{s},{o}\n"));
    let files = [
        file(&dir, "T.ndjson", json.collect::<String>()),
        file(&dir, "T.csv", "i,k,s,o\n".to_owned() + &csv.collect::<String>()),
    ];
    let columns =
        [("i", ScalarType::Long), ("k", ScalarType::Long), ("s", ScalarType::String), ("o", ScalarType::Long)];
    for path in files {
        // one that few rows pass, one that most rows pass (it is disabled), one on values that do not fit
        let few = || col("k").eq(lit(14i64)).and(col("s").eq(lit("yy")));
        let most = || col("k").gt_eq(lit(10i64));
        let fits = || col("o").eq(lit(12i64)).and(col("k").lt(lit(3i64)));
        let expected =
            |passes: fn(&Row) -> bool| -> Vec<i64> { all.iter().filter(|row| passes(row)).map(|row| row.0).collect() };
        let cases: [(Expr, Vec<i64>); 3] = [
            (few(), expected(|r| r.1 == 14 && r.2 == "yy")),
            (most(), expected(|r| r.1 >= 10)),
            (fits(), expected(|r| r.3 == "12" && r.1 < 3)),
        ];
        for (filter, expected) in cases {
            for (batch_size, partitions) in [(8192, 1), (100, 3), (1, 1)] {
                let table = open_path(&path, Some(&schema(&columns))).expect("a table");
                assert_eq!(filtered(&table, filter.clone(), batch_size, partitions), expected, "{filter}");
            }
        }
        let table = open_path(&path, Some(&schema(&columns))).expect("a table");
        filtered(&table, fits(), 8192, 1);
        // each value that does not fit is counted once, with its line
        let first = if path.extension().is_some_and(|e| e == "csv") { 2 } else { 1 };
        let notices = table.report.notices();
        assert!(
            notices[0]
                .contains(&format!("6000 values do not fit the column o (long) and became null: line {first}: 'soon'")),
            "{notices:?}"
        );
    }
}
