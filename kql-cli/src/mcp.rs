//! `kql mcp`

use crate::arguments::Mcp;
use crate::failure::Failure;
use kql_server::{ServerLimits, serve_mcp};
use std::time::Duration;

/// Answers an assistant on standard input and output until the input ends.
pub fn mcp(arguments: &Mcp) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine_with(&arguments.paths)?)?;
    let limits = ServerLimits { timeout: Duration::from_secs(arguments.timeout as u64), ..ServerLimits::default() };
    // long queries are dropped on these threads, too
    let runtime = crate::serving::threads(64 << 20)?;
    let served = runtime.block_on(async {
        tokio::select! {
            served = serve_mcp(engine, limits, tokio::io::stdin(), tokio::io::stdout()) => served,
            () = crate::serving::asked_to_end() => Ok(()),
        }
    });
    // a read of standard input cannot be stopped
    runtime.shutdown_background();
    served.map_err(|error| Failure::Usage(error.to_string()))
}
