//! Cells of results as values of Python.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type};
use kql_engine::{ScalarType, decimal};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString};

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;

/// An object of a Python module, looked up once.
fn object<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    make: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(cell.get_or_try_init(py, || PyResult::Ok(make()?.unbind()))?.bind(py).clone())
}

/// `datetime.timedelta`
pub fn timedelta(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || py.import("datetime")?.getattr("timedelta"))
}

/// The time 0001-01-01T00:00:00Z.
pub fn beginning(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || {
        let utc = py.import("datetime")?.getattr("timezone")?.getattr("utc")?;
        datetime_class(py)?.call1((1, 1, 1, 0, 0, 0, 0, utc))
    })
}

/// `datetime.datetime`
pub fn datetime_class(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || py.import("datetime")?.getattr("datetime"))
}

/// The function that writes a value as JSON.
pub fn json_text(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || py.import("kql._tables")?.getattr("json_text"))
}

/// `decimal.Decimal`
fn decimal_class(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || py.import("decimal")?.getattr("Decimal"))
}

/// `json.loads`
fn loads(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    object(py, &CELL, || py.import("json")?.getattr("loads"))
}

/// Ticks as a `timedelta`, which has microseconds.
fn span<'py>(class: &Bound<'py, PyAny>, ticks: i64) -> PyResult<Bound<'py, PyAny>> {
    let (days, rest) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    class.call1((days, rest / SECOND, rest % SECOND / 10))
}

/// The values of a column: `None` for null. A datetime has the time zone UTC; datetimes and timespans are cut to
/// microseconds. A dynamic value is what `json.loads` returns.
pub fn column<'py>(py: Python<'py>, array: &dyn Array, ty: ScalarType) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    macro_rules! all {
        ($values:expr, $one:expr) => {{
            for value in $values {
                match value {
                    Some(value) => list.append($one(value)?)?,
                    None => list.append(py.None())?,
                }
            }
        }};
    }
    match ty {
        ScalarType::Bool => all!(array.as_boolean(), |v: bool| PyResult::Ok(PyBool::new(py, v).to_owned())),
        ScalarType::Int => all!(array.as_primitive::<Int32Type>(), |v| PyResult::Ok(PyInt::new(py, v))),
        ScalarType::Long => all!(array.as_primitive::<Int64Type>(), |v| PyResult::Ok(PyInt::new(py, v))),
        ScalarType::Real => all!(array.as_primitive::<Float64Type>(), |v| PyResult::Ok(PyFloat::new(py, v))),
        ScalarType::Decimal => {
            let class = decimal_class(py)?;
            let mut text = String::new();
            all!(array.as_primitive::<Decimal256Type>(), |v| {
                text.clear();
                decimal::text(v, &mut text);
                class.call1((text.as_str(),))
            });
        }
        ScalarType::Datetime => {
            let (class, beginning) = (timedelta(py)?, beginning(py)?);
            all!(array.as_primitive::<Int64Type>(), |v| beginning.add(span(&class, v)?));
        }
        ScalarType::Timespan => {
            let class = timedelta(py)?;
            all!(array.as_primitive::<Int64Type>(), |v| span(&class, v));
        }
        ScalarType::Dynamic => {
            let loads = loads(py)?;
            all!(array.as_string::<i32>(), |v: &str| loads.call1((v,)));
        }
        ScalarType::String | ScalarType::Guid | ScalarType::Unknown => {
            all!(array.as_string::<i32>(), |v: &str| PyResult::Ok(PyString::new(py, v)));
        }
    }
    Ok(list)
}
