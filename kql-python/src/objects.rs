//! Columns of Python values: lists of numbers, texts, times, dicts.

use crate::capsule;
use crate::errors;
use crate::values::{beginning, datetime_class, json_text};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal256Array, Float64Array, Int64Array, LargeStringArray, LargeStringBuilder,
    RecordBatch, RecordBatchOptions, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use kql_engine::sources::is_stopped;
use kql_engine::{Column, ScalarType, decimal, dynamic};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyCapsule, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyString, PyTuple};
use pyo3_arrow::ffi::to_array_pycapsules;
use std::sync::Arc;

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;

/// A table from columns of Python values.
#[pyclass(frozen, module = "kql._kql")]
pub struct Columns {
    batch: RecordBatch,
}

#[pymethods]
impl Columns {
    /// `columns` is a dict of lists of the same length. `types` are the columns' types in KQL if they are known; without
    /// them, the values decide. `before` is the number of rows before these, for messages.
    #[new]
    #[pyo3(signature = (columns, types = None, before = 0))]
    fn new(columns: &Bound<'_, PyDict>, types: Option<Vec<String>>, before: usize) -> PyResult<Columns> {
        let (mut fields, mut arrays, mut rows) = (Vec::new(), Vec::new(), None);
        for (i, (name, values)) in columns.iter().enumerate() {
            let Ok(name) = name.extract::<String>() else {
                return Err(errors::raise(
                    "data",
                    &format!("The name of a column is {}; it must be a text.", name.repr()?),
                ));
            };
            let values: Vec<Bound<'_, PyAny>> = values.try_iter()?.collect::<PyResult<_>>()?;
            let expected = *rows.get_or_insert(values.len());
            if values.len() != expected {
                let message = format!(
                    "The column '{name}' has {} values and the columns before it have {expected}; all need the same number.",
                    values.len()
                );
                return Err(errors::raise("data", &message));
            }
            let wanted = types.as_ref().and_then(|types| types.get(i)).and_then(|ty| ScalarType::from_name(ty));
            let kinds: Vec<Kind> = values.iter().map(Kind::of).collect::<PyResult<_>>()?;
            let ty = wanted.unwrap_or_else(|| type_of(&kinds));
            arrays.push(array(&name, &values, &kinds, ty, before)?);
            fields.push(Column::new(name, ty).field());
        }
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.unwrap_or(0)));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|error| errors::raise("data", &error.to_string()))?;
        Ok(Columns { batch })
    }

    /// The types of the columns in KQL.
    #[getter]
    fn types(&self) -> Vec<String> {
        let schema = self.batch.schema();
        let name = |field: &Arc<Field>| field.metadata().get(kql_engine::types::TYPE_KEY).cloned().unwrap_or_default();
        schema.fields().iter().map(name).collect()
    }

    /// The columns as a stream of Arrow's C data interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::stream(py, &self.batch.schema(), std::iter::once(Ok(self.batch.clone())), requested_schema)
    }
}

/// Texts, some of which are missing, as an Arrow array.
#[pyclass(frozen, module = "kql._kql")]
pub struct Texts {
    array: LargeStringArray,
}

#[pymethods]
impl Texts {
    /// The texts as an array of Arrow's C data interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let field = Arc::new(Field::new("", DataType::LargeUtf8, true));
        Ok(to_array_pycapsules(py, field, &self.array, requested_schema)?)
    }
}

/// Values between which other threads of Python can run.
const TURN: usize = 1 << 16;

/// An error if the query for which values are converted was stopped.
fn go_on(row: usize) -> PyResult<()> {
    if row % 1024 == 1023 && is_stopped() {
        return Err(errors::raise("run", "The query was stopped."));
    }
    Ok(())
}

/// An array of objects of numpy that are texts, in which None, NaN and pandas' missing values are null.
///
/// # Errors
/// TypeError for another value.
#[pyfunction]
pub fn texts(array: &Bound<'_, PyAny>) -> PyResult<Texts> {
    let py = array.py();
    let objects = Objects::of(array)?;
    let mut builder = LargeStringBuilder::with_capacity(objects.length, objects.length * 16);
    for place in 0..objects.length {
        if place % TURN == TURN - 1 {
            py.detach(|| {});
        }
        go_on(place)?;
        let value = objects.get(place)?;
        match value.cast::<PyString>() {
            Ok(text) => match text.to_str() {
                Ok(text) => builder.append_value(text),
                // half of a surrogate pair is no character
                Err(_) => builder.append_value(text.to_string_lossy()),
            },
            Err(_) => match Kind::of(&value)? {
                Kind::Missing | Kind::NotANumber => builder.append_null(),
                _ => return Err(PyTypeError::new_err(format!("{} is not a text", value.repr()?))),
            },
        }
    }
    Ok(Texts { array: builder.finish() })
}

/// The objects of an array of numpy. Converting them to a list first would touch each of them three times.
struct Objects<'a, 'py> {
    array: &'a Bound<'py, PyAny>,
    first: *const *mut pyo3::ffi::PyObject,
    length: usize,
}

impl<'a, 'py> Objects<'a, 'py> {
    fn of(array: &'a Bound<'py, PyAny>) -> PyResult<Objects<'a, 'py>> {
        let interface = array.getattr("__array_interface__")?;
        let kind: String = interface.get_item("typestr")?.extract()?;
        let (length,): (usize,) = interface.get_item("shape")?.extract()?;
        if kind != "|O" || !interface.get_item("strides")?.is_none() {
            return Err(PyTypeError::new_err("a contiguous array of objects is needed"));
        }
        let (first, _): (usize, bool) = interface.get_item("data")?.extract()?;
        Ok(Objects { array, first: std::ptr::with_exposed_provenance(first), length })
    }

    fn get(&self, place: usize) -> PyResult<Bound<'py, PyAny>> {
        if place >= self.length {
            return Err(PyTypeError::new_err("there is no such object"));
        }
        // SAFETY: numpy says that `length` pointers lie at `first`, without gaps; the array is alive, and is not resized
        // while there is a reference to it. A pointer that is not null is an object, which the array owns; the interpreter's
        // lock is held, so that nobody replaces it before its reference is counted.
        let object = unsafe { Bound::from_borrowed_ptr_or_opt(self.array.py(), *self.first.add(place)) };
        // numpy reads a null pointer as None
        Ok(object.unwrap_or_else(|| self.array.py().None().into_bound(self.array.py())))
    }
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Missing,
    /// A real number that is not a number: a missing one, unless the column has numbers.
    NotANumber,
    Bool,
    Integer,
    Real,
    Decimal,
    Text,
    Datetime,
    Date,
    Timespan,
    Guid,
    /// A dict, a list, or something else that JSON can say.
    Nested,
}

impl Kind {
    fn of(value: &Bound<'_, PyAny>) -> PyResult<Kind> {
        if value.is_none() {
            return Ok(Kind::Missing);
        }
        if value.is_instance_of::<PyString>() {
            return Ok(Kind::Text);
        }
        if value.is_instance_of::<PyBool>() {
            return Ok(Kind::Bool);
        }
        if value.is_instance_of::<PyInt>() {
            return Ok(Kind::Integer);
        }
        if value.is_instance_of::<PyFloat>() {
            return Ok(if value.extract::<f64>()?.is_nan() { Kind::NotANumber } else { Kind::Real });
        }
        if value.is_instance_of::<PyDateTime>() || value.is_instance_of::<PyDelta>() {
            // pandas.NaT is not equal to itself
            if value.ne(value)? {
                return Ok(Kind::Missing);
            }
            return Ok(if value.is_instance_of::<PyDelta>() { Kind::Timespan } else { Kind::Datetime });
        }
        if value.is_instance_of::<PyDate>() {
            return Ok(Kind::Date);
        }
        if value.is_instance_of::<PyBytes>() {
            return Ok(Kind::Text);
        }
        // classes of other packages, which may not be installed
        let class = value.get_type().name()?;
        Ok(match class.to_str()? {
            "Decimal" => Kind::Decimal,
            "UUID" => Kind::Guid,
            "NAType" | "NaTType" => Kind::Missing,
            "bool" | "bool_" => Kind::Bool,
            name if name.starts_with("int") || name.starts_with("uint") => Kind::Integer,
            "float32" | "float16" => Kind::Real,
            _ => Kind::Nested,
        })
    }
}

/// The type of a column with these values. Numbers of several kinds are real; other mixtures are dynamic.
fn type_of(kinds: &[Kind]) -> ScalarType {
    let ty = |kind: &Kind| match kind {
        Kind::Missing => None,
        Kind::NotANumber | Kind::Real => Some(ScalarType::Real),
        Kind::Bool => Some(ScalarType::Bool),
        Kind::Integer => Some(ScalarType::Long),
        Kind::Decimal => Some(ScalarType::Decimal),
        Kind::Text => Some(ScalarType::String),
        Kind::Datetime | Kind::Date => Some(ScalarType::Datetime),
        Kind::Timespan => Some(ScalarType::Timespan),
        Kind::Guid => Some(ScalarType::Guid),
        Kind::Nested => Some(ScalarType::Dynamic),
    };
    let is_number = |ty: ScalarType| matches!(ty, ScalarType::Long | ScalarType::Real);
    let joined = |kinds: &mut dyn Iterator<Item = &Kind>| {
        kinds.filter_map(ty).reduce(|a, b| match (a, b) {
            (a, b) if a == b => a,
            (a, b) if is_number(a) && is_number(b) => ScalarType::Real,
            _ => ScalarType::Dynamic,
        })
    };
    let known = joined(&mut kinds.iter().filter(|kind| **kind != Kind::NotANumber));
    match known {
        Some(ScalarType::Long) => joined(&mut kinds.iter()).unwrap_or(ScalarType::Long),
        Some(ty) => ty,
        None => joined(&mut kinds.iter()).unwrap_or(ScalarType::String),
    }
}

/// The values as a column of this type; `before` is the number of rows before them.
fn array(name: &str, values: &[Bound<'_, PyAny>], kinds: &[Kind], ty: ScalarType, before: usize) -> PyResult<ArrayRef> {
    let cells = || values.iter().zip(kinds).enumerate();
    let is_missing = |kind: Kind| kind == Kind::Missing || (kind == Kind::NotANumber && ty != ScalarType::Real);
    let misfit = |row: usize, value: &Bound<'_, PyAny>| match value.repr() {
        Ok(shown) => {
            let shown: String = shown.to_string_lossy().chars().take(60).collect();
            errors::raise(
                "data",
                &format!("Row {}: {shown} is not a {ty}, as the column '{name}' is.", before + row + 1),
            )
        }
        Err(error) => error,
    };
    macro_rules! collect {
        ($array:ty, $one:expr) => {{
            let mut out = Vec::with_capacity(values.len());
            for (row, (value, kind)) in cells() {
                go_on(row)?;
                if is_missing(*kind) {
                    out.push(None);
                } else {
                    out.push(Some($one(value, *kind)?.ok_or_else(|| misfit(row, value))?));
                }
            }
            Arc::new(<$array>::from_iter(out)) as ArrayRef
        }};
    }
    Ok(match ty {
        ScalarType::Bool => collect!(BooleanArray, |value: &Bound<'_, PyAny>, kind| PyResult::Ok(match kind {
            Kind::Bool => Some(value.is_truthy()?),
            _ => None,
        })),
        ScalarType::Int | ScalarType::Long => {
            collect!(Int64Array, |value: &Bound<'_, PyAny>, kind| PyResult::Ok(match kind {
                Kind::Integer => value.extract::<i64>().ok(),
                _ => None,
            }))
        }
        ScalarType::Real => collect!(Float64Array, |value: &Bound<'_, PyAny>, kind| PyResult::Ok(match kind {
            Kind::Integer | Kind::Real | Kind::NotANumber => value.extract::<f64>().ok(),
            _ => None,
        })),
        ScalarType::Decimal => {
            let mut out = Vec::with_capacity(values.len());
            for (row, (value, kind)) in cells() {
                out.push(match kind {
                    kind if is_missing(*kind) => None,
                    Kind::Decimal | Kind::Integer => {
                        Some(decimal::parse(&value.str()?.to_string_lossy()).ok_or_else(|| misfit(row, value))?)
                    }
                    _ => return Err(misfit(row, value)),
                });
            }
            Arc::new(Decimal256Array::from_iter(out).with_data_type(ty.arrow()))
        }
        ScalarType::Datetime => collect!(Int64Array, |value: &Bound<'_, PyAny>, kind| match kind {
            // near the ends of time, a zone leads out of it
            Kind::Datetime | Kind::Date => PyResult::Ok(datetime(value, kind).unwrap_or(None)),
            _ => PyResult::Ok(None),
        }),
        ScalarType::Timespan => collect!(Int64Array, |value: &Bound<'_, PyAny>, kind| match kind {
            Kind::Timespan => ticks(value),
            _ => PyResult::Ok(None),
        }),
        ScalarType::Guid => collect!(StringArray, |value: &Bound<'_, PyAny>, kind| PyResult::Ok(match kind {
            Kind::Guid => Some(value.str()?.to_string_lossy().into_owned()),
            _ => None,
        })),
        ScalarType::String | ScalarType::Unknown => {
            let mut out = Vec::with_capacity(values.len());
            for (row, (value, kind)) in cells() {
                out.push(match kind {
                    Kind::Text => text(value)?,
                    kind if is_missing(*kind) => String::new(),
                    _ => return Err(misfit(row, value)),
                });
            }
            Arc::new(StringArray::from_iter_values(out))
        }
        ScalarType::Dynamic => {
            let mut out = Vec::with_capacity(values.len());
            for (row, (value, kind)) in cells() {
                go_on(row)?;
                out.push(match is_missing(*kind) {
                    true => None,
                    // a cycle, or a key that JSON has no form for
                    false => json(value, *kind).map_err(|error| {
                        let reason = error.value(value.py()).to_string();
                        let message = format!(
                            "Row {}: the value of {name} cannot be written as JSON: {reason}",
                            before + row + 1
                        );
                        errors::raise("data", &message)
                    })?,
                });
            }
            Arc::new(StringArray::from_iter(out))
        }
    })
}

/// A text, or bytes as one.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    // half of a surrogate pair is no character
    Ok(value.cast::<PyString>()?.to_string_lossy().into_owned())
}

/// Ticks of a `timedelta`; those of pandas have nanoseconds, too.
fn ticks(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    let part = |name: &str| value.getattr(name)?.extract::<i64>();
    let below = match value.getattr_opt("nanoseconds")? {
        Some(nanoseconds) => nanoseconds.extract::<i64>()? / 100,
        None => 0,
    };
    let seconds = part("days")?.checked_mul(86_400).and_then(|days| days.checked_add(part("seconds").ok()?));
    let micro = part("microseconds")?;
    Ok(seconds.and_then(|s| s.checked_mul(SECOND)).and_then(|t| t.checked_add(micro * 10 + below)))
}

/// Ticks since 0001-01-01T00:00:00Z of a `datetime` or a `date`. Without a time zone it is in UTC.
fn datetime(value: &Bound<'_, PyAny>, kind: Kind) -> PyResult<Option<i64>> {
    let py = value.py();
    if kind == Kind::Date {
        let days = value.call_method0("toordinal")?.extract::<i64>()? - 1;
        return Ok(days.checked_mul(86_400 * SECOND));
    }
    let beginning = beginning(py)?;
    let utc = beginning.getattr("tzinfo")?;
    // a plain datetime: those of pandas subtract to their own class, which does not reach the year 1
    let aware =
        if value.getattr("tzinfo")?.is_none() { value.clone() } else { value.call_method1("astimezone", (&utc,))? };
    let part = |name: &str| aware.getattr(name);
    let plain = datetime_class(py)?.call1((
        part("year")?,
        part("month")?,
        part("day")?,
        part("hour")?,
        part("minute")?,
        part("second")?,
        part("microsecond")?,
        utc,
    ))?;
    let below = match value.getattr_opt("nanosecond")? {
        Some(nanoseconds) => nanoseconds.extract::<i64>()? / 100,
        None => 0,
    };
    Ok(ticks(&plain.sub(beginning)?)?.and_then(|ticks| ticks.checked_add(below)))
}

/// A value as dynamic values are stored.
fn json(value: &Bound<'_, PyAny>, kind: Kind) -> PyResult<Option<String>> {
    let py = value.py();
    let mut out = String::new();
    if kind == Kind::Text {
        dynamic::write::string(&text(value)?, &mut out);
        return Ok(Some(out));
    }
    let dumped = json_text(py)?.call1((value,))?;
    let dumped = dumped.cast::<PyString>()?.to_string_lossy().into_owned();
    Ok(dynamic::read::normalize(&dumped, &mut out).then_some(out))
}
