//! A result, for the class `Result` of the package.

use crate::capsule;
use crate::errors;
use crate::values;
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{cast, max, min};
use arrow::datatypes::{
    DataType, Decimal256Type, DurationMicrosecondType, DurationNanosecondType, Field, Int64Type, Schema, SchemaRef,
    TimeUnit, TimestampMicrosecondType, TimestampNanosecondType, i256,
};
use arrow::error::ArrowError;
use kql_engine::time::EPOCH;
use kql_engine::types::DECIMAL_SCALE;
use kql_engine::{Column, ScalarType, Table, TableStream, types};
use kql_output::chart::{Chart, vega};
use kql_output::{Excerpt, Format, Options, Screen};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyTuple};
use std::collections::HashMap;
use std::sync::Arc;

/// The digits of a decimal that other programs read.
const DIGITS: u8 = 38;

/// A result, whose rows are in memory.
#[pyclass(frozen, module = "kql._kql")]
pub struct NativeTable {
    table: Table,
}

impl From<Table> for NativeTable {
    fn from(table: Table) -> NativeTable {
        NativeTable { table }
    }
}

/// How a column is passed to other programs.
#[derive(Clone, Copy, PartialEq)]
enum Outside {
    AsIs,
    Timestamp(TimeUnit),
    Duration(TimeUnit),
    /// A decimal of 128 bits.
    SmallDecimal,
    /// A decimal as a text.
    Text,
}

#[pymethods]
impl NativeTable {
    /// `PrimaryResult`, then `PrimaryResult_1` and so on.
    #[getter]
    fn name(&self) -> &str {
        &self.table.name
    }

    /// The names of the columns and their types in KQL.
    #[getter]
    fn columns(&self) -> Vec<(&str, &str)> {
        self.table.schema.columns.iter().map(|column| (column.name.as_str(), column.ty.name())).collect()
    }

    /// The number of rows.
    #[getter]
    fn height(&self) -> usize {
        self.table.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// What `render` asks for: its kind and its properties.
    #[getter]
    fn render(&self) -> Option<(&str, Vec<(String, String)>)> {
        self.table.render.as_ref().map(|render| (render.kind.as_str(), render.properties.clone()))
    }

    /// The rows from a place on, as tuples; at most `count`.
    fn rows<'py>(&self, py: Python<'py>, from: usize, count: usize) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        let (mut skip, mut left) = (from, count);
        for batch in &self.table.batches {
            if left == 0 {
                break;
            }
            let begin = skip.min(batch.num_rows());
            skip -= begin;
            let length = left.min(batch.num_rows() - begin);
            left -= length;
            let batch = batch.slice(begin, length);
            let columns = self.table.schema.columns.iter().zip(batch.columns());
            let columns: Vec<Bound<'_, PyList>> =
                columns.map(|(column, array)| values::column(py, array, column.ty)).collect::<PyResult<_>>()?;
            for row in 0..length {
                let cells: Vec<Bound<'_, PyAny>> =
                    columns.iter().map(|column| column.get_item(row)).collect::<PyResult<_>>()?;
                rows.append(PyTuple::new(py, cells)?)?;
            }
        }
        Ok(rows)
    }

    /// What is lost when the result is passed to other programs, in sentences.
    fn losses(&self) -> Vec<String> {
        let outside = self.outside();
        let named = |wanted: Outside| {
            let columns = self.table.schema.columns.iter().zip(&outside);
            let names: Vec<&str> =
                columns.filter(|(_, own)| **own == wanted).map(|(column, _)| column.name.as_str()).collect();
            names.join(", ")
        };
        let mut losses = Vec::new();
        let times = named(Outside::Timestamp(TimeUnit::Microsecond));
        if !times.is_empty() {
            losses.push(format!(
                "{times}: datetimes before 1677 or after 2262 do not fit nanoseconds; the column has microseconds."
            ));
        }
        let spans = named(Outside::Duration(TimeUnit::Microsecond));
        if !spans.is_empty() {
            losses.push(format!(
                "{spans}: timespans of more than 292 years do not fit nanoseconds; the column has microseconds."
            ));
        }
        losses
    }

    /// The result as a stream of Arrow's C data interface. Texts and numbers are not copied.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        self.stream(py, true, true, requested_schema)
    }

    /// The same without Arrow's extension types, and with decimals of more than 128 bits as texts: not every program knows
    /// them.
    #[pyo3(signature = (wide_decimals = true))]
    fn plain_stream<'py>(&self, py: Python<'py>, wide_decimals: bool) -> PyResult<Bound<'py, PyCapsule>> {
        self.stream(py, false, wide_decimals, None)
    }

    /// The names of the columns with decimals of more than 128 bits.
    fn wide_decimals(&self) -> Vec<&str> {
        let columns = self.table.schema.columns.iter().zip(self.outside());
        let wide = columns.filter(|(column, own)| column.ty == ScalarType::Decimal && *own == Outside::AsIs);
        wide.map(|(column, _)| column.name.as_str()).collect()
    }

    /// The Vega-Lite specification of the drawing that `render` asks for; `None` if there is none.
    fn vega_lite(&self) -> Option<String> {
        let chart = Chart::of(&Excerpt::from(self.table.clone()))?.ok()?;
        Some(vega::specification(&chart)?.to_string())
    }

    /// The first rows as a table for people, in this many columns of characters.
    #[pyo3(signature = (rows, width = None))]
    fn text(&self, rows: usize, width: Option<usize>) -> PyResult<String> {
        let mut out = Vec::new();
        let screen = width.map(|width| Screen { width, colour: false });
        let whole = Table { render: None, ..self.table.clone() };
        Excerpt::read(TableStream::from(whole), rows)
            .and_then(|excerpt| {
                let first = [TableStream::from(excerpt.table)];
                kql_output::write(first, Format::Table, &mut out, &Options { screen })
            })
            .map_err(|error| errors::of_output(&error))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

impl NativeTable {
    /// The result for the writers of pages.
    pub fn excerpt(&self) -> Excerpt {
        Excerpt::from(self.table.clone())
    }

    fn stream<'py>(
        &self,
        py: Python<'py>,
        extensions: bool,
        wide_decimals: bool,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let mut outside = self.outside();
        for (column, own) in self.table.schema.columns.iter().zip(&mut outside) {
            if !wide_decimals && column.ty == ScalarType::Decimal && *own == Outside::AsIs {
                *own = Outside::Text;
            }
        }
        let columns = self.table.schema.columns.iter().zip(&outside);
        let fields: Vec<Field> = columns.map(|(column, own)| field(column, *own, extensions)).collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let (batches, own) = (self.table.batches.clone(), schema.clone());
        let batches = batches.into_iter().map(move |batch| {
            let columns = batch.columns().iter().zip(&outside);
            let columns = columns.map(|(array, own)| passed_on(array, *own)).collect::<Result<Vec<_>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(own.clone(), columns, &options)
        });
        capsule::stream(py, &schema, batches, requested_schema)
    }

    fn outside(&self) -> Vec<Outside> {
        let one = |(i, column): (usize, &Column)| {
            let arrays = || self.table.batches.iter().filter_map(move |batch| batch.columns().get(i));
            let ticks = || arrays().filter_map(|array| array.as_primitive_opt::<Int64Type>());
            let low = || ticks().filter_map(min).min();
            let high = || ticks().filter_map(max).max();
            match column.ty {
                ScalarType::Datetime => {
                    let fits = [low(), high()]
                        .into_iter()
                        .flatten()
                        .all(|t| t.checked_sub(EPOCH).and_then(|since| since.checked_mul(100)).is_some());
                    Outside::Timestamp(if fits { TimeUnit::Nanosecond } else { TimeUnit::Microsecond })
                }
                ScalarType::Timespan => {
                    let fits = [low(), high()].into_iter().flatten().all(|ticks| ticks.checked_mul(100).is_some());
                    Outside::Duration(if fits { TimeUnit::Nanosecond } else { TimeUnit::Microsecond })
                }
                ScalarType::Decimal => {
                    let limit = i256::from_i128(10_i128.pow(u32::from(DIGITS)));
                    let values = || arrays().filter_map(|array| array.as_primitive_opt::<Decimal256Type>());
                    let fits =
                        values().filter_map(min).all(|v| v > -limit) && values().filter_map(max).all(|v| v < limit);
                    if fits { Outside::SmallDecimal } else { Outside::AsIs }
                }
                _ => Outside::AsIs,
            }
        };
        self.table.schema.columns.iter().enumerate().map(one).collect()
    }
}

/// The field of a column for other programs.
fn field(column: &Column, outside: Outside, extensions: bool) -> Field {
    let field = column.field();
    match outside {
        Outside::Timestamp(unit) => field.with_data_type(DataType::Timestamp(unit, Some("UTC".into()))),
        Outside::Duration(unit) => field.with_data_type(DataType::Duration(unit)),
        Outside::SmallDecimal => field.with_data_type(DataType::Decimal128(DIGITS, DECIMAL_SCALE)),
        Outside::Text => field.with_data_type(DataType::Utf8),
        Outside::AsIs if extensions && column.ty == ScalarType::Dynamic => {
            let metadata = HashMap::from([
                (types::TYPE_KEY.to_owned(), column.ty.name().to_owned()),
                ("ARROW:extension:name".to_owned(), "arrow.json".to_owned()),
                ("ARROW:extension:metadata".to_owned(), String::new()),
            ]);
            field.with_metadata(metadata)
        }
        Outside::AsIs => field,
    }
}

/// A column as it is passed to other programs.
fn passed_on(array: &ArrayRef, outside: Outside) -> Result<ArrayRef, ArrowError> {
    let ticks = || array.as_primitive::<Int64Type>();
    // the value under a null is arbitrary, and must not overflow
    let since = |ticks: i64| ticks.wrapping_sub(EPOCH);
    Ok(match outside {
        Outside::AsIs => array.clone(),
        Outside::Text => cast(array, &DataType::Utf8)?,
        Outside::SmallDecimal => cast(array, &DataType::Decimal128(DIGITS, DECIMAL_SCALE))?,
        Outside::Timestamp(TimeUnit::Nanosecond) => {
            Arc::new(ticks().unary::<_, TimestampNanosecondType>(|t| since(t).wrapping_mul(100)).with_timezone("UTC"))
        }
        Outside::Timestamp(_) => {
            Arc::new(ticks().unary::<_, TimestampMicrosecondType>(|t| since(t).div_euclid(10)).with_timezone("UTC"))
        }
        Outside::Duration(TimeUnit::Nanosecond) => {
            Arc::new(ticks().unary::<_, DurationNanosecondType>(|t| t.wrapping_mul(100)))
        }
        Outside::Duration(_) => Arc::new(ticks().unary::<_, DurationMicrosecondType>(|t| t.div_euclid(10))),
    })
}
