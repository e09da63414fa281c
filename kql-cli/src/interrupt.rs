//! Ctrl-C: the running work stops, unfinished files are removed, and the exit status is 130.

use kql_engine::Progress;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The exit status after an interrupt, as shells define it.
const STATUS: u8 = 130;
/// Work that does not stop within this time is ended with the process.
const GRACE: Duration = Duration::from_secs(2);

/// Files that are being written.
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The exit status after an interrupt.
pub fn status() -> ExitCode {
    ExitCode::from(STATUS)
}

/// From now on Ctrl-C stops the work that `progress` counts, and ends the process if that takes too long. If threads or
/// signals are not available, Ctrl-C keeps its usual effect.
pub fn listen(progress: Arc<Progress>) {
    let listener = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            // the running work reports when it has stopped
            progress.stop();
            let again = tokio::time::timeout(GRACE, tokio::signal::ctrl_c());
            let _ = again.await;
            eprintln!("interrupted");
            // no file can be finished from here on
            let files = partial();
            for path in files.iter() {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(i32::from(STATUS));
        });
    };
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(listener);
}

/// From now on Ctrl-C stops the work that `progress` counts, and the process goes on; a second Ctrl-C ends work that does
/// not stop.
pub fn listen_always(progress: Arc<Progress>) {
    let listener = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if progress.is_stopped() {
                    std::process::exit(i32::from(STATUS));
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
