//! The founding query over two million generated process events in Parquet and in NDJSON, as a ratio to the same filter
//! written by hand on DataFusion's API with its regular expressions.
//!
//! `cargo bench --bench founding_query`; `KQL_BENCH_ROWS` changes the number of rows.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, lit};
use datafusion::prelude::{DataFrame, JsonReadOptions, ParquetReadOptions, SessionConfig, SessionContext, col, ident};
use kql_engine::DataPath;
use kql_engine::Engine;
use std::path::Path;
use std::time::Instant;

const COLUMNS: [&str; 7] = [
    "Timestamp",
    "DeviceName",
    "AccountName",
    "FileName",
    "ProcessCommandLine",
    "InitiatingProcessFileName",
    "InitiatingProcessCommandLine",
];

const CMDLETS: &str = "Remove-MailboxExportRequest|Remove-MailboxImportRequest|Search-Mailbox|New-ComplianceSearchAction|\
                       Remove-MoveRequest|Set-MailboxMessageConfiguration|New-TransportRule|Remove-TransportRule|\
                       Set-TransportRule|Disable-TransportRule|Remove-InboxRule|New-InboxRule|Set-InboxRule|\
                       Remove-RecoverableItemsCleanup";

/// The filter of the query's first branch, and its columns.
fn by_hand(events: DataFrame, since: Expr) -> DataFrame {
    let matches = |column: &str, pattern: String| binary_expr(ident(column), Operator::RegexIMatch, lit(pattern));
    let mut columns: Vec<Expr> = COLUMNS.iter().map(|c| ident(*c)).collect();
    columns
        .push(matches("ProcessCommandLine", r"\b(DeleteContent|PurgeType (Hard|Soft)Delete|HardDelete)\b".to_owned()));
    events
        .filter(ident("Timestamp").gt(since))
        .and_then(|e| e.filter(matches("FileName", r"^(powershell|pwsh)\.exe$".to_owned())))
        .and_then(|e| e.filter(matches("ProcessCommandLine", format!(r"\b({CMDLETS})\b"))))
        .and_then(|e| e.select(columns))
        .and_then(|e| e.sort(vec![col("\"Timestamp\"").sort(false, false)]))
        .expect("the plan stands")
}

/// The best of several runs, in milliseconds, and how many rows were found.
fn best(runs: usize, mut run: impl FnMut() -> usize) -> (f64, usize) {
    let mut best = f64::MAX;
    let mut rows = 0;
    for _ in 0..runs {
        let start = Instant::now();
        rows = run();
        best = best.min(start.elapsed().as_secs_f64() * 1000.0);
    }
    (best, rows)
}

fn main() {
    let rows = std::env::var("KQL_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let files = bench_events::process_events(Path::new(env!("CARGO_TARGET_TMPDIR")), rows);
    let query = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/T1070.008-clear-mailbox-data/query.kql");
    let query = std::fs::read_to_string(query).expect("the founding query is there");
    let now = bench_events::now();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("the founding query over {rows} rows, best of 5 runs");
    for path in [files.parquet, files.ndjson] {
        let text = path.to_str().expect("the path is text");
        let size = std::fs::metadata(&path).map_or(0, |m| m.len());
        let ours = best(5, || {
            // a new engine each time: opening the file belongs to the work
            let engine =
                Engine::builder().now(&now).expect("a time").data(DataPath::parse(text)).build().expect("data");
            let answer = engine.query(&query).expect("an answer");
            answer.tables[0].batches.iter().map(|b| b.num_rows()).sum()
        });
        let since = now.replace("-10T", "-09T");
        let is_parquet = text.ends_with("parquet");
        let theirs = best(5, || {
            let mut config = SessionConfig::new();
            config.options_mut().execution.parquet.pushdown_filters = true;
            config.options_mut().execution.parquet.reorder_filters = true;
            let context = SessionContext::new_with_config(config);
            let batches = runtime.block_on(async {
                let frame = if is_parquet {
                    let events = context.read_parquet(text, ParquetReadOptions::default()).await.expect("a table");
                    let micros = chrono::DateTime::parse_from_rfc3339(&since).expect("a time").timestamp_micros();
                    let since = ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()));
                    by_hand(events, lit(since))
                } else {
                    let options = JsonReadOptions::default().file_extension(".ndjson");
                    let events = context.read_json(text, options).await.expect("a table");
                    by_hand(events, lit(since.clone()))
                };
                frame.collect().await.expect("rows")
            });
            batches.iter().map(|b| b.num_rows()).sum()
        });
        let kind = if is_parquet { "Parquet" } else { "NDJSON" };
        println!(
            "{kind:<8} {:>6} MB   kql {:>8.1} ms, {} rows   by hand {:>8.1} ms, {} rows   {:.2} times as fast",
            size / 1_000_000,
            ours.0,
            ours.1,
            theirs.0,
            theirs.1,
            theirs.0 / ours.0
        );
    }
}
