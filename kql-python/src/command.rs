//! The command line.

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command `kql` with these arguments, the first of which is its name, and returns its exit status.
#[pyfunction]
pub fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| kql_cli::run(arguments))
}
