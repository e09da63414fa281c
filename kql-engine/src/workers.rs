//! The threads that run plans.

use crate::error::Error;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Handle, Runtime};

/// A tokio runtime that starts when it is first needed, and can be dropped anywhere.
#[derive(Debug)]
pub(crate) struct Workers {
    runtime: OnceLock<Runtime>,
    threads: usize,
}

impl Workers {
    /// That many threads, at most 64.
    pub(crate) fn new(threads: usize) -> Workers {
        Workers { runtime: OnceLock::new(), threads: threads.clamp(1, 64) }
    }

    /// The runtime. The error is that the system cannot start threads.
    pub(crate) fn runtime(&self) -> Result<&Runtime, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(self.threads)
            .thread_stack_size(16 << 20)
            // table providers of embedders can wait for timers and for the network
            .enable_all()
            .build()
            .map_err(|e| Error::Run(format!("The threads for the query cannot be started: {e}.")))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // waiting for the threads is not allowed inside another runtime; elsewhere it ensures that temporary files are
        // removed
        if Handle::try_current().is_ok() {
            runtime.shutdown_background();
        }
    }
}
