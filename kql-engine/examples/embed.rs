//! A query over Arrow batches, collected and as a stream: `cargo run -p kql-engine --example embed`

use kql_engine::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use kql_engine::{CancellationToken, Engine};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let user: ArrayRef = Arc::new(StringArray::from(vec!["ann", "bob", "ann"]));
    let bytes: ArrayRef = Arc::new(Int64Array::from(vec![10, 20, 30]));
    let batch = RecordBatch::try_from_iter([("user", user), ("bytes", bytes)])?;
    let engine = Engine::builder().table("Transfers", vec![batch])?.build()?;

    let answer = engine.query("Transfers | summarize total = sum(bytes) by user | sort by user asc")?;
    for table in &answer.tables {
        println!("{}: {} rows", table.name, table.batches.iter().map(RecordBatch::num_rows).sum::<usize>());
    }

    // batches as they are made: memory does not grow with the number of rows
    let prepared = engine.prepare("Transfers | where bytes > 10")?;
    for stream in prepared.stream(&CancellationToken::new())? {
        for batch in stream.batches() {
            println!("{} rows", batch?.num_rows());
        }
    }
    Ok(())
}
