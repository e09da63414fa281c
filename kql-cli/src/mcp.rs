//! `kql mcp`

use crate::arguments::Mcp;
use crate::failure::Failure;
use kql_server::{ServerLimits, serve_mcp};
use std::time::Duration;

/// Answers an assistant on standard input and output until the input ends.
pub fn mcp(arguments: &Mcp) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine_with(&arguments.paths)?)?;
    let limits = ServerLimits { timeout: Duration::from_secs(arguments.timeout as u64), ..ServerLimits::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(64 << 20)
        .enable_all()
        .build()
        .map_err(|e| Failure::Query(format!("The threads cannot be started: {e}.")))?;
    let served = runtime.block_on(async {
        tokio::select! {
            served = serve_mcp(engine, limits, tokio::io::stdin(), tokio::io::stdout()) => served,
            () = crate::shutdown::asked() => Ok(()),
        }
    });
    // a read of standard input cannot be stopped
    runtime.shutdown_background();
    served.map_err(|error| Failure::Usage(error.to_string()))
}
