//! Engines and `fork`: a child process has none of the threads that its parent's engines run on.

use crate::errors;
use kql_engine::{Engine, Limits};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// A value with threads, which belongs to the process that created it.
pub struct OfProcess<T> {
    /// `None` only while it is dropped.
    value: Option<T>,
    process: u32,
}

impl<T> OfProcess<T> {
    /// A value of this process.
    pub fn new(value: T) -> OfProcess<T> {
        OfProcess { value: Some(value), process: std::process::id() }
    }

    /// The value; an error in a child of the process.
    pub fn get(&self) -> PyResult<&T> {
        match &self.value {
            Some(value) if self.process == std::process::id() => Ok(value),
            _ => Err(errors::raise(
                "fork",
                "This engine was created before the process forked, and its threads are not in the child. Create an Engine \
                 in the child, or use the start method 'spawn'.",
            )),
        }
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        // in a child, waiting for threads of the parent would not end
        if self.process != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}

/// The engine whose threads all engines without a memory limit of their own share.
static SHARED: Mutex<Option<OfProcess<Engine>>> = Mutex::new(None);

/// The shared engine of this process, with the memory limit of the command line.
pub fn shared() -> Result<Engine, kql_engine::Error> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = shared.as_ref().filter(|s| s.process == std::process::id()).and_then(|s| s.value.as_ref()) {
        return Ok(engine.clone());
    }
    let limits = Limits { memory: kql_cli::default_memory(), ..Limits::default() };
    let engine = Engine::builder().limits(limits).release_memory(kql_cli::release_memory).build()?;
    *shared = Some(OfProcess::new(engine.clone()));
    Ok(engine)
}
