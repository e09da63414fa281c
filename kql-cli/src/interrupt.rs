//! Ctrl-C: what runs stops, a file that is half written goes away, and the exit status is 130.

use kql_engine::Progress;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The exit status of what was interrupted, as shells have it.
const STATUS: u8 = 130;
/// Work that does not stop within this is ended with the process.
const GRACE: Duration = Duration::from_secs(2);

/// Files that are being written.
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The exit status of what was interrupted.
pub fn status() -> ExitCode {
    ExitCode::from(STATUS)
}

/// From now on Ctrl-C stops what this counts, and ends the process where that takes too long. Without threads or signals
/// it stays as the system has it.
pub fn listen(progress: Arc<Progress>) {
    let listener = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            // what runs says so when it has stopped
            progress.stop();
            let again = tokio::time::timeout(GRACE, tokio::signal::ctrl_c());
            let _ = again.await;
            eprintln!("interrupted");
            // nobody may finish a file from here on
            let files = partial();
            for path in files.iter() {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(i32::from(STATUS));
        });
    };
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(listener);
}

/// From now on Ctrl-C stops what this counts, and the process goes on; a second one ends what does not stop.
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

/// Forgets a file, after `last` was done with it and while nobody removes it.
pub fn forget<T>(path: &std::path::Path, last: impl FnOnce() -> T) -> T {
    let mut files = partial();
    let done = last();
    files.retain(|p| p != path);
    done
}
