//! Threads with a deep stack: binding, rewriting and planning recurse with the depth of the query.
//!
//! A query uses one of them. If its brackets are nested deep, the parser uses another thread while it parses; the
//! workers that run plans have 16 MiB each.

use crate::error::{Error, panic_message};
use tokio_util::sync::CancellationToken;

/// The size of the stack. The memory is only reserved.
const STACK: usize = 256 << 20;

fn builder() -> std::thread::Builder {
    std::thread::Builder::new().name("kql query".to_owned()).stack_size(STACK)
}

/// Runs `f` on such a thread, and waits for it. A panic is passed on to the caller.
pub(crate) fn on_deep_stack<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = builder().spawn_scoped(scope, f);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => std::panic::resume_unwind(Box::new(format!("no thread for the query: {error}"))),
        }
    })
}

/// [`on_deep_stack`] without blocking the caller: the future is ready when `f` has ended, and any executor can wait for it.
pub(crate) async fn spawn_deep<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> Result<R, Error> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let run = move || {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
        // the receiver may have been dropped
        let _ = sender.send(result.map_err(|panic| panic_message(panic.as_ref()).to_owned()));
    };
    builder().spawn(run).map_err(|e| Error::Run(format!("No thread can be started for the query: {e}.")))?;
    match receiver.await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(message)) => Err(Error::broken_off(&message)),
        Err(_) => Err(Error::broken_off("it does not say why")),
    }
}

/// [`spawn_deep`] for work that can be stopped by `cancel` or by dropping the future. The work gets the token that stops it.
pub(crate) async fn spawn_stoppable<R: Send + 'static>(
    cancel: &CancellationToken,
    f: impl FnOnce(&CancellationToken) -> Result<R, Error> + Send + 'static,
) -> Result<R, Error> {
    let own = cancel.child_token();
    let dropped = own.clone().drop_guard();
    let result = spawn_deep(move || f(&own)).await?;
    // the returned value can continue to use the token
    dropped.disarm();
    result
}
