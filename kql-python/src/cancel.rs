//! Stopping a call from another thread.

use kql_engine::CancellationToken;
use pyo3::prelude::*;

/// Stops the call that it was passed to.
#[pyclass(frozen, module = "kql._kql")]
pub struct Cancel(pub CancellationToken);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Cancel {
        Cancel(CancellationToken::new())
    }

    /// Stops the call, or the next one if it has not started.
    fn cancel(&self) {
        self.0.cancel();
    }
}
