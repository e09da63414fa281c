//! Calls of the engine from Python: without the interpreter's lock, and stopped by Ctrl-C.

use crate::cancel::Cancel;
use crate::errors;
use kql_engine::{CancellationToken, Error, Progress};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often a waiting call looks for Ctrl-C.
const LOOK: Duration = Duration::from_millis(50);
/// How often it reports its progress.
const REPORT: Duration = Duration::from_millis(200);
/// How long a stopped call is waited for.
const GRACE: Duration = Duration::from_secs(5);

/// How a call is watched.
pub struct Watch<'a> {
    /// Stops it from another thread.
    pub cancel: Option<&'a Cancel>,
    /// Called with rows, bytes and seconds while it runs.
    pub report: Option<&'a Bound<'a, PyAny>>,
    /// What is read.
    pub progress: &'a Arc<Progress>,
}

/// Runs the work in a thread of its own and waits for it. `text` is the query, for errors.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    text: &str,
    watch: &Watch,
    work: impl FnOnce(&CancellationToken) -> Result<T, Error> + Send + 'static,
) -> PyResult<T> {
    let cancel = watch.cancel.map_or_else(CancellationToken::new, |cancel| cancel.0.child_token());
    let own = cancel.clone();
    let (sender, receiver) = channel();
    // only this thread uses it
    let receiver = std::sync::Mutex::new(receiver);
    let begin = move || {
        // the receiver waits
        let _ = sender.send(work(&own));
    };
    std::thread::Builder::new()
        .name("kql call".to_owned())
        .spawn(begin)
        .map_err(|error| PyRuntimeError::new_err(format!("no thread for the query: {error}")))?;
    let start = Instant::now();
    let (rows, bytes) = (watch.progress.rows(), watch.progress.bytes());
    let mut reported = start;
    loop {
        let waited = py.detach(|| match receiver.lock() {
            Ok(receiver) => receiver.recv_timeout(LOOK),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        });
        match waited {
            Ok(done) => return done.map_err(|error| errors::exception(py, error, text)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the query ended without an answer"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut seen = py.check_signals();
        if seen.is_ok()
            && let Some(report) = watch.report
            && reported.elapsed() >= REPORT
        {
            reported = Instant::now();
            let read = |now: u64, before: u64| now.saturating_sub(before);
            let counts = (read(watch.progress.rows(), rows), read(watch.progress.bytes(), bytes));
            seen = report.call1((counts.0, counts.1, start.elapsed().as_secs_f64())).map(|_| ());
        }
        if let Err(error) = seen {
            cancel.cancel();
            // what the query still does can use the interpreter, which may be about to end
            py.detach(|| receiver.lock().map(|receiver| receiver.recv_timeout(GRACE)).is_ok());
            return Err(error);
        }
    }
}
