//! An engine inside async code, and a query that is stopped: `cargo run -p kql-engine --example cancel`

use kql_engine::{CancellationToken, Engine, Error};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().build()?;
    let answer = engine.query_async("print 1 + 1", &CancellationToken::new()).await?;
    println!("{} result", answer.tables.len());

    let cancel = CancellationToken::new();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
    };
    let slow = engine.query_async("range x from 1 to 100000000000 step 1 | summarize sum(x)", &cancel);
    let (result, ()) = futures::join!(slow, stop);
    assert!(matches!(result, Err(Error::Interrupted)), "the query was stopped");
    println!("stopped");
    Ok(())
}
