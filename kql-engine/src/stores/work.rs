//! The threads on which requests run, and waiting for them. Readers block, also on threads of other runtimes.

use futures::FutureExt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{AbortHandle, JoinHandle};

/// The threads of this process: those of its parent are gone after a fork.
static THREADS: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);

/// The runtime of requests, which starts with the first one.
pub(super) fn handle() -> io::Result<Handle> {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match &*threads {
        Some((owner, runtime)) if *owner == process => Ok(runtime.handle().clone()),
        _ => {
            let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("stores").enable_all().build()?;
            let handle = runtime.handle().clone();
            // dropping the parent's runtime would wait for its threads
            std::mem::forget(threads.replace((process, runtime)));
            Ok(handle)
        }
    }
}

/// Work that was started. Dropping it stops it.
pub(super) struct Pending<T> {
    /// Behind a lock, since readers are shared between threads.
    result: Mutex<mpsc::Receiver<T>>,
    task: AbortHandle,
}

/// Starts work.
pub(super) fn start<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<Pending<T>> {
    let (sender, result) = mpsc::sync_channel(1);
    let task = handle()?.spawn(async move {
        // without a result, the waiting side reports that there is none
        if let Ok(value) = AssertUnwindSafe(work).catch_unwind().await {
            let _ = sender.send(value);
        }
    });
    Ok(Pending { result: Mutex::new(result), task: task.abort_handle() })
}

impl<T> Pending<T> {
    /// Waits until it is done.
    pub(super) fn wait(self) -> io::Result<T> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        result.recv().map_err(|_| given_up())
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Does work, and waits for it.
pub(super) fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    start(work)?.wait()
}

/// Does work on these threads, for async code of any runtime. Dropping it stops the work.
pub(super) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let mut task = Task(handle()?.spawn(work));
    (&mut task.0).await.map_err(|_| given_up())
}

/// Work that stops if nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn given_up() -> io::Error {
    io::Error::other("the request was given up")
}

/// How many objects are examined at the same time: each waits for the network most of the time.
const AT_ONCE: usize = 16;
/// Examining values that are nested deeply needs a deep stack.
const STACK: usize = 16 << 20;

/// Applies a function to all items, several at the same time; the results are in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        let others = (1..AT_ONCE.min(items.len())).map(|_| {
            let builder = std::thread::Builder::new().stack_size(STACK);
            builder.spawn_scoped(scope, run)
        });
        // fewer threads than wanted do the same work
        let _others: Vec<_> = others.map_while(Result::ok).collect();
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order() {
        let items: Vec<u64> = (0..100).collect();
        let doubled = in_parallel(&items, |n| {
            std::thread::sleep(std::time::Duration::from_micros(100 - n));
            n * 2
        });
        assert_eq!(doubled, items.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert!(in_parallel(&[] as &[u8], |_| 1).is_empty());
    }

    #[test]
    fn waiting_inside_of_another_runtime() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(runtime.block_on(async { wait(async { 7 }).expect("done") }), 7);
        let panicked: io::Result<()> = wait(async { panic!("a defect") });
        assert!(panicked.is_err());
    }
}
