//! Tables that Python holds, as table providers: their batches are used where they are, in slices.

use crate::capsule;
use crate::errors;
use arrow::array::{RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use async_trait::async_trait;
use kql_engine::datafusion::catalog::{Session, TableProvider};
use kql_engine::datafusion::common::{DataFusionError, Result};
use kql_engine::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use kql_engine::datafusion::logical_expr::{Expr, TableType};
use kql_engine::datafusion::physical_plan::ExecutionPlan;
use kql_engine::datafusion::physical_plan::stream::RecordBatchReceiverStream;
use kql_engine::datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use kql_engine::sources::{FetchError, held_rows, unsupported};
use kql_engine::{ColumnSource, SourceError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyIterator};
use pyo3_arrow::input::AnyRecordBatch;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A table.
#[derive(Debug)]
pub struct Frame {
    schema: SchemaRef,
    rows: Rows,
}

/// Where its rows come from.
enum Rows {
    /// They are in memory.
    Held(Vec<RecordBatch>),
    /// They can be read once.
    Once(Arc<Once>),
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

impl Frame {
    /// A table from Arrow data: everything with `__arrow_c_stream__` or `__arrow_c_array__`.
    pub fn held(name: &str, data: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let (batches, schema) = batches(data).map_err(|error| unreadable(name, error))?;
        Ok(Frame { schema, rows: Rows::Held(batches) })
    }

    /// A table that is read while the query runs, once.
    pub fn once(name: &str, reader: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let reader: AnyRecordBatch = reader.extract().map_err(|error| unreadable(name, error))?;
        let reader = reader.into_reader()?;
        let schema = readable(reader.schema())?;
        let once = Once { schema: schema.clone(), name: name.to_owned(), reader: Mutex::new(Some(reader)) };
        Ok(Frame { schema, rows: Rows::Once(Arc::new(once)) })
    }

    /// A table of chunks of rows, each of them Arrow data; `first` is the first one.
    pub fn chunks(name: &str, first: &Bound<'_, PyAny>, rest: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let (batches, schema) = batches(first).map_err(|error| unreadable(name, error))?;
        let rest = Chunks { schema: schema.clone(), rest: rest.try_iter()?.unbind(), read: batches.into() };
        let reader: Box<dyn RecordBatchReader + Send> = Box::new(rest);
        let once = Once { schema: schema.clone(), name: name.to_owned(), reader: Mutex::new(Some(reader)) };
        Ok(Frame { schema, rows: Rows::Once(Arc::new(once)) })
    }

    /// A table without rows.
    pub fn empty(schema: SchemaRef) -> Frame {
        Frame { schema, rows: Rows::Held(Vec::new()) }
    }

    /// Reads the rows of a table that could be read only once.
    pub fn kept(self) -> std::result::Result<Frame, ArrowError> {
        let rows = match self.rows {
            Rows::Once(once) => match once.take() {
                Some(reader) => Rows::Held(reader.collect::<std::result::Result<_, _>>()?),
                None => Rows::Once(once),
            },
            rows => rows,
        };
        Ok(Frame { rows, ..self })
    }
}

/// The batches of Arrow data, without a copy.
fn batches(data: &Bound<'_, PyAny>) -> PyResult<(Vec<RecordBatch>, SchemaRef)> {
    let reader = data.extract::<AnyRecordBatch>()?.into_reader()?;
    let schema = readable(reader.schema())?;
    // a reader written in Python takes the interpreter's lock itself
    let reader = Mutex::new(reader);
    let batches = data.py().detach(|| {
        let reader = reader.into_inner().unwrap_or_else(PoisonError::into_inner);
        reader.collect::<std::result::Result<Vec<_>, ArrowError>>()
    });
    batches.map(|batches| (batches, schema)).map_err(|error| errors::raise("data", &error.to_string()))
}

/// The schema, if all of its columns can be read. Rows must not be read before: those of a union crash the import of
/// arrow 59.
fn readable(schema: SchemaRef) -> PyResult<SchemaRef> {
    match schema.fields().iter().find(|field| unsupported(field.data_type()).is_some()) {
        Some(field) => {
            let message =
                format!("its column '{}' has the type union of Arrow, which no column of a query has.", field.name());
            Err(errors::raise("data", &message))
        }
        None => Ok(schema),
    }
}

fn unreadable(name: &str, error: PyErr) -> PyErr {
    Python::attach(|py| errors::raise("data", &format!("The table '{name}' cannot be read: {}", error.value(py))))
}

#[async_trait]
impl TableProvider for Frame {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let wanted = projection.unwrap_or(&all);
        let schema: SchemaRef = Arc::new(self.schema.project(wanted)?);
        let batches = match &self.rows {
            Rows::Held(batches) => {
                batches.iter().map(|batch| batch.project(wanted)).collect::<std::result::Result<_, _>>()?
            }
            Rows::Once(once) => {
                let part = Arc::new(Projected { once: once.clone(), wanted: wanted.clone(), schema: schema.clone() });
                return Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, None, false, None)?));
            }
        };
        held_rows(batches, schema, state)
    }
}

/// Arrow data that was read to its end.
#[pyclass(frozen, module = "kql._kql")]
pub struct Held {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
}

#[pymethods]
impl Held {
    #[new]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<Held> {
        batches(data).map(|(batches, schema)| Held { batches, schema })
    }

    /// The data as a stream of Arrow's C data interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::stream(py, &self.schema, self.batches.clone().into_iter().map(Ok), requested_schema)
    }
}

/// A table whose columns Python returns when a query needs them.
pub struct Fetched {
    name: String,
    schema: SchemaRef,
    /// Returns columns, by their names, as Arrow data: all rows, or those whose numbers it gets as bytes.
    fetch: Py<PyAny>,
    /// Returns the number of rows.
    count: Py<PyAny>,
    /// Whether the function can leave rows out.
    selects: bool,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetched({})", self.name)
    }
}

impl Fetched {
    /// `empty` has the columns without rows.
    pub fn new(
        name: &str,
        empty: &Bound<'_, PyAny>,
        fetch: &Bound<'_, PyAny>,
        count: &Bound<'_, PyAny>,
        selects: bool,
    ) -> PyResult<Fetched> {
        let (_, schema) = batches(empty).map_err(|error| unreadable(name, error))?;
        let (fetch, count) = (fetch.clone().unbind(), count.clone().unbind());
        Ok(Fetched { name: name.to_owned(), schema, fetch, count, selects })
    }

    fn failed(error: &PyErr) -> FetchError {
        Python::attach(|py| Box::new(SourceError::Reported(error.value(py).to_string())))
    }
}

impl ColumnSource for Fetched {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn rows(&self) -> std::result::Result<usize, FetchError> {
        Python::attach(|py| self.count.bind(py).call0()?.extract()).map_err(|error: PyErr| Fetched::failed(&error))
    }

    fn selects_rows(&self) -> bool {
        self.selects
    }

    fn fetch(&self, columns: &[usize], rows: Option<&[u64]>) -> std::result::Result<Vec<RecordBatch>, FetchError> {
        let schema: SchemaRef = Arc::new(self.schema.project(columns)?);
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let found = Python::attach(|py| {
            let numbers = rows.map(|rows| {
                let bytes: Vec<u8> = rows.iter().flat_map(|row| row.to_ne_bytes()).collect();
                PyBytes::new(py, &bytes)
            });
            batches(&self.fetch.bind(py).call1((names, numbers))?).map(|(batches, _)| batches)
        });
        let found = found.map_err(|error| Fetched::failed(&error))?;
        let fits = |batch: &RecordBatch| {
            let types = batch.schema();
            types.fields().len() == schema.fields().len()
                && types.fields().iter().zip(schema.fields()).all(|(own, wanted)| own.data_type() == wanted.data_type())
        };
        if let Some(batch) = found.iter().find(|batch| !fits(batch)) {
            let reason = differing(&batch.schema(), &schema);
            return Err(Box::new(SourceError::Reported(format!(
                "The table '{}' changed while the query ran: {reason}.",
                self.name
            ))));
        }
        let named = |batch: RecordBatch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)
        };
        Ok(found.into_iter().map(named).collect::<std::result::Result<_, _>>()?)
    }
}

/// How the columns of a batch differ from those that were expected.
fn differing(found: &Schema, wanted: &Schema) -> String {
    let pairs = found.fields().iter().zip(wanted.fields());
    match pairs.into_iter().find(|(found, wanted)| found.data_type() != wanted.data_type()) {
        Some((found, wanted)) => {
            format!("its column '{}' is {}, and was {}", wanted.name(), found.data_type(), wanted.data_type())
        }
        None => format!("it has {} columns, and had {}", found.fields().len(), wanted.fields().len()),
    }
}

/// A table that can be read once.
struct Once {
    name: String,
    schema: SchemaRef,
    reader: Mutex<Option<Box<dyn RecordBatchReader + Send>>>,
}

impl Once {
    fn take(&self) -> Option<Box<dyn RecordBatchReader + Send>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Chunks of rows that an iterator of Python returns.
struct Chunks {
    schema: SchemaRef,
    rest: Py<PyIterator>,
    /// The batches of the chunk that was read last.
    read: VecDeque<RecordBatch>,
}

impl Iterator for Chunks {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.read.pop_front() {
                return Some(Ok(batch));
            }
            let chunk = Python::attach(|py| {
                let chunk = self.rest.bind(py).clone().next()?;
                Some(chunk.and_then(|chunk| batches(&chunk)))
            })?;
            match chunk {
                Ok((batches, schema)) if schema.fields() == self.schema.fields() => self.read.extend(batches),
                Ok((_, schema)) => {
                    let reason = differing(&schema, &self.schema);
                    return Some(Err(ArrowError::SchemaError(format!("its later rows have other columns: {reason}"))));
                }
                Err(error) => return Some(Err(ArrowError::ExternalError(Box::new(error)))),
            }
        }
    }
}

impl RecordBatchReader for Chunks {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// Some of its columns.
struct Projected {
    once: Arc<Once>,
    wanted: Vec<usize>,
    schema: SchemaRef,
}

impl fmt::Debug for Projected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Projected({})", self.once.name)
    }
}

impl PartitionStream for Projected {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStream::builder(self.schema.clone(), 2);
        let sender = builder.tx();
        let (once, wanted) = (self.once.clone(), self.wanted.clone());
        // a reader may wait for a network or for the interpreter
        builder.spawn_blocking(move || {
            let Some(reader) = once.take() else {
                let message = format!(
                    "The table '{}' comes from a reader, which the query reads a second time. Pass a table: read it first.",
                    once.name
                );
                return Err(DataFusionError::External(Box::new(SourceError::Reported(message))));
            };
            for batch in reader {
                let batch = batch.map_err(|error| reported(&once.name, &error))?;
                if batch.schema().fields().len() != once.schema.fields().len() {
                    let message = format!("The reader of the table '{}' returns batches with other columns.", once.name);
                    return Err(DataFusionError::External(Box::new(SourceError::Reported(message))));
                }
                if sender.blocking_send(Ok(batch.project(&wanted)?)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        builder.build()
    }
}

/// An error of a reader.
fn reported(table: &str, error: &ArrowError) -> DataFusionError {
    let message = match error {
        ArrowError::ExternalError(error) => match error.downcast_ref::<PyErr>() {
            Some(error) => Python::attach(|py| error.value(py).to_string()),
            None => error.to_string(),
        },
        ArrowError::CDataInterface(message) | ArrowError::SchemaError(message) => message.clone(),
        error => error.to_string(),
    };
    DataFusionError::External(Box::new(SourceError::Reported(format!("The table '{table}' cannot be read: {message}"))))
}
