//! Ctrl-C, and the signals that ask a program to end: the running work stops, unfinished files are removed, and the exit
//! status is 128 and the signal's number.

use kql_engine::Progress;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The exit status after a signal, as shells define it: of Ctrl-C, unless another signal came.
static STATUS: AtomicU8 = AtomicU8::new(130);
/// Work that does not stop within this time is ended with the process.
const GRACE: Duration = Duration::from_secs(2);

/// Files that are being written.
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The exit status after an interrupt.
pub fn status() -> u8 {
    STATUS.load(Ordering::Relaxed)
}

/// From now on Ctrl-C stops the work that `progress` counts, and ends the process if that takes too long. If threads or
/// signals are not available, Ctrl-C keeps its usual effect.
pub fn listen(progress: Arc<Progress>) {
    let listener = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Some(status) = signal().await else { return };
            STATUS.store(status, Ordering::Relaxed);
            // the running work reports when it has stopped
            progress.stop();
            let again = tokio::time::timeout(GRACE, tokio::signal::ctrl_c());
            let _ = again.await;
            crate::message::message!("interrupted");
            // no file can be finished from here on
            let files = partial();
            for path in files.iter() {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(i32::from(status));
        });
    };
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(listener);
}

/// Waits for a signal that ends the program, and returns the exit status; `None` if signals are not available.
#[cfg(unix)]
async fn signal() -> Option<u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut end = signal(SignalKind::terminate()).ok()?;
    let mut hang_up = signal(SignalKind::hangup()).ok()?;
    let kind = tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.ok().map(|()| SignalKind::interrupt())?,
        _ = end.recv() => SignalKind::terminate(),
        _ = hang_up.recv() => SignalKind::hangup(),
    };
    u8::try_from(kind.as_raw_value()).ok().map(|number| 128 + number)
}

/// Waits for Ctrl-C, and returns the exit status; `None` if signals are not available.
#[cfg(not(unix))]
async fn signal() -> Option<u8> {
    tokio::signal::ctrl_c().await.ok().map(|()| 130)
}

/// From now on Ctrl-C stops the work that `progress` counts, and the process goes on; a second Ctrl-C ends work that does
/// not stop.
pub fn listen_always(progress: Arc<Progress>) {
    let listener = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if progress.is_stopped() {
                    std::process::exit(i32::from(STATUS.load(Ordering::Relaxed)));
                }
                progress.stop();
            }
        });
    };
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(listener);
}

/// Remembers a file that is being written.
pub fn remember(path: PathBuf) {
    partial().push(path);
}

/// Forgets a file after `last` was done with it; in the meantime the file is not removed.
pub fn forget<T>(path: &std::path::Path, last: impl FnOnce() -> T) -> T {
    let mut files = partial();
    let done = last();
    files.retain(|p| p != path);
    done
}
