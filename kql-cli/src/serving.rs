//! What processes that serve have in common: their threads, and the signals that end them.

use crate::failure::Failure;
use tokio::runtime::{Builder, Runtime};

/// Waits for a signal that ends the program.
pub async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = end.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The threads of such a process, with stacks of this size.
pub fn threads(stack: usize) -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().thread_stack_size(stack).enable_all().build();
    built.map_err(|e| Failure::Query(format!("The threads cannot be started: {e}.")))
}
