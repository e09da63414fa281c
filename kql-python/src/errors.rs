//! Errors and findings as objects of Python.

use kql_engine::Error;
use kql_parser::Diagnostic;
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;

const MODULE: &str = "kql._errors";

fn class<'py>(py: Python<'py>, cell: &'static PyOnceLock<Py<PyAny>>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let found = cell.get_or_try_init(py, || PyResult::Ok(py.import(MODULE)?.getattr(name)?.unbind()))?;
    Ok(found.bind(py).clone())
}

/// The exception `KqlError` with a message; `kind` says what is at fault.
pub fn raise(kind: &str, message: &str) -> PyErr {
    Python::attach(|py| with_diagnostics(py, kind, message, None).unwrap_or_else(|error| error))
}

fn with_diagnostics(
    py: Python<'_>,
    kind: &str,
    message: &str,
    diagnostics: Option<Bound<'_, PyList>>,
) -> PyResult<PyErr> {
    static ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let list = diagnostics.unwrap_or_else(|| PyList::empty(py));
    let value = class(py, &ERROR, "KqlError")?.call1((message, list, kind))?;
    Ok(PyErr::from_value(value))
}

/// An error of the engine as an exception; `text` is the query.
pub fn exception(py: Python<'_>, error: Error, text: &str) -> PyErr {
    let made = match error {
        Error::Interrupted => return PyKeyboardInterrupt::new_err(()),
        Error::Query(found) => findings(py, text, &found).and_then(|list| {
            let shown = kql_output::diagnostics::render(text, "query", &found, false);
            with_diagnostics(py, "query", shown.trim_end(), Some(list))
        }),
        Error::Internal(defect) => {
            let message = format!("{defect}\nPlease report it with this text:\n\n{}", defect.report());
            with_diagnostics(py, "internal", &message, None)
        }
        error => {
            let kind = match &error {
                Error::Data(_) => "data",
                Error::Setting(_) => "setting",
                Error::Memory { .. } => "memory",
                _ => "run",
            };
            with_diagnostics(py, kind, &error.to_string(), None)
        }
    };
    made.unwrap_or_else(|error| error)
}

/// An error of a result's writer as an exception.
pub fn of_output(error: &kql_output::Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

/// The findings in a query as objects of the class `Diagnostic`. Positions are characters, as Python counts them.
pub fn findings<'py>(py: Python<'py>, text: &str, found: &[Diagnostic]) -> PyResult<Bound<'py, PyList>> {
    static FINDING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = class(py, &FINDING, "Diagnostic")?;
    let list = PyList::empty(py);
    for d in found {
        let (start, end) = (characters(text, d.span.start), characters(text, d.span.end));
        let before = text.get(..byte(text, d.span.start)).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let severity = if d.is_error() { "error" } else { "warning" };
        list.append(class.call1((
            d.code.as_str(),
            severity,
            d.message.as_str(),
            start,
            end,
            line,
            column,
            d.help.as_deref(),
        ))?)?;
    }
    Ok(list)
}

/// The byte at a position of a span, moved to the beginning of a character.
fn byte(text: &str, at: u32) -> usize {
    let mut at = (at as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A position of a span in characters.
fn characters(text: &str, at: u32) -> usize {
    text.get(..byte(text, at)).map_or(0, |before| before.chars().count())
}
