//! Tables that Python holds, as table providers: their batches are used where they are, in slices.

use crate::errors;
use arrow::array::{RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use async_trait::async_trait;
use kql_engine::datafusion::catalog::{Session, TableProvider};
use kql_engine::datafusion::common::{DataFusionError, Result};
use kql_engine::datafusion::datasource::memory::MemorySourceConfig;
use kql_engine::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use kql_engine::datafusion::logical_expr::{Expr, TableType};
use kql_engine::datafusion::physical_plan::ExecutionPlan;
use kql_engine::datafusion::physical_plan::stream::RecordBatchReceiverStream;
use kql_engine::datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use pyo3_arrow::input::AnyRecordBatch;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A table.
#[derive(Debug)]
pub struct Frame {
    name: String,
    schema: SchemaRef,
    rows: Rows,
}

/// Where its rows come from.
enum Rows {
    /// They are in memory.
    Held(Vec<RecordBatch>),
    /// A function of Python returns columns, by their names, as Arrow data, and for no names the number of rows.
    Fetched(Py<PyAny>),
    /// They can be read once.
    Once(Arc<Once>),
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

/// What a function of Python reports.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct PythonError(String);

fn of_python(py: Python<'_>, error: &PyErr) -> DataFusionError {
    DataFusionError::External(Box::new(PythonError(error.value(py).to_string())))
}

impl Frame {
    /// A table from Arrow data: everything with `__arrow_c_stream__` or `__arrow_c_array__`.
    pub fn held(name: &str, data: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let (batches, schema) = batches(data).map_err(|error| unreadable(name, error))?;
        Ok(Frame { name: name.to_owned(), schema, rows: Rows::Held(batches) })
    }

    /// A table whose columns a function returns. `empty` has its columns without rows.
    pub fn fetched(name: &str, empty: &Bound<'_, PyAny>, fetch: Py<PyAny>) -> PyResult<Frame> {
        let (_, schema) = batches(empty).map_err(|error| unreadable(name, error))?;
        Ok(Frame { name: name.to_owned(), schema, rows: Rows::Fetched(fetch) })
    }

    /// A table that is read while the query runs, once.
    pub fn once(name: &str, reader: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let reader: AnyRecordBatch = reader.extract().map_err(|error| unreadable(name, error))?;
        let reader = reader.into_reader()?;
        let schema = readable(reader.schema())?;
        let once = Once { schema: schema.clone(), name: name.to_owned(), reader: Mutex::new(Some(reader)) };
        Ok(Frame { name: name.to_owned(), schema, rows: Rows::Once(Arc::new(once)) })
    }

    /// A table of chunks of rows, each of them Arrow data; `first` is the first one.
    pub fn chunks(name: &str, first: &Bound<'_, PyAny>, rest: &Bound<'_, PyAny>) -> PyResult<Frame> {
        let (batches, schema) = batches(first).map_err(|error| unreadable(name, error))?;
        let rest = Chunks { schema: schema.clone(), rest: rest.try_iter()?.unbind(), read: batches.into() };
        let reader: Box<dyn RecordBatchReader + Send> = Box::new(rest);
        let once = Once { schema: schema.clone(), name: name.to_owned(), reader: Mutex::new(Some(reader)) };
        Ok(Frame { name: name.to_owned(), schema, rows: Rows::Once(Arc::new(once)) })
    }

    /// The table without its rows.
    pub fn empty(&self) -> Frame {
        Frame { name: self.name.clone(), schema: self.schema.clone(), rows: Rows::Held(Vec::new()) }
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
    fn has_union(ty: &DataType) -> bool {
        match ty {
            DataType::Union(..) => true,
            DataType::Struct(fields) => fields.iter().any(|field| has_union(field.data_type())),
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::Map(item, _)
            | DataType::RunEndEncoded(_, item) => has_union(item.data_type()),
            DataType::Dictionary(_, value) => has_union(value),
            _ => false,
        }
    }
    match schema.fields().iter().find(|field| has_union(field.data_type())) {
        Some(field) => {
            let message =
                format!("its column {} has the type union of Arrow, which no column of a query has.", field.name());
            Err(errors::raise("data", &message))
        }
        None => Ok(schema),
    }
}

fn unreadable(name: &str, error: PyErr) -> PyErr {
    Python::attach(|py| errors::raise("data", &format!("The table {name} cannot be read: {}", error.value(py))))
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
            Rows::Fetched(fetch) => fetched(&self.name, fetch, &schema)?,
            Rows::Once(once) => {
                let part = Arc::new(Projected { once: once.clone(), wanted: wanted.clone(), schema: schema.clone() });
                return Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, None, false, None)?));
            }
        };
        let config = state.config();
        let partitions = sliced(batches, config.batch_size(), config.target_partitions());
        let plan = MemorySourceConfig::try_new_exec(&partitions, schema, None)?;
        Ok(plan)
    }
}

/// Columns that a function of Python returns.
fn fetched(table: &str, fetch: &Py<PyAny>, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let found = Python::attach(|py| -> PyResult<_> {
        let found = fetch.bind(py).call1((names.clone(),))?;
        if names.is_empty() {
            let options = RecordBatchOptions::new().with_row_count(Some(found.extract()?));
            let batch = RecordBatch::try_new_with_options(schema.clone(), Vec::new(), &options);
            return Ok(vec![batch.map_err(|error| errors::raise("data", &error.to_string()))?]);
        }
        batches(&found).map(|(batches, _)| batches)
    });
    let found = found.map_err(|error| Python::attach(|py| of_python(py, &error)))?;
    let fits = |batch: &RecordBatch| {
        let types = batch.schema();
        types.fields().len() == schema.fields().len()
            && types.fields().iter().zip(schema.fields()).all(|(own, wanted)| own.data_type() == wanted.data_type())
    };
    if let Some(batch) = found.iter().find(|batch| !fits(batch)) {
        let reason = differing(&batch.schema(), schema);
        let message = format!("The table {table} changed while the query ran: {reason}.");
        return Err(DataFusionError::External(Box::new(PythonError(message))));
    }
    found
        .into_iter()
        .map(|batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)?)
        })
        .collect()
}

/// How the columns of a batch differ from those that were expected.
fn differing(found: &Schema, wanted: &Schema) -> String {
    let pairs = found.fields().iter().zip(wanted.fields());
    match pairs.into_iter().find(|(found, wanted)| found.data_type() != wanted.data_type()) {
        Some((found, wanted)) => {
            format!("its column {} is {}, and was {}", wanted.name(), found.data_type(), wanted.data_type())
        }
        None => format!("it has {} columns, and had {}", found.fields().len(), wanted.fields().len()),
    }
}

/// The rows in contiguous partitions of about the same size, cut into batches: an operator works on one batch at a time.
fn sliced(batches: Vec<RecordBatch>, size: usize, partitions: usize) -> Vec<Vec<RecordBatch>> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let size = size.max(1);
    // a whole number of batches
    let share = rows.div_ceil(partitions.max(1)).div_ceil(size).max(1) * size;
    let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new()];
    let mut room = share;
    for batch in batches {
        let mut at = 0;
        while at < batch.num_rows() {
            if room == 0 {
                parts.push(Vec::new());
                room = share;
            }
            let length = size.min(batch.num_rows() - at).min(room);
            if let Some(part) = parts.last_mut() {
                part.push(batch.slice(at, length));
            }
            at += length;
            room -= length;
        }
    }
    parts
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
                    "The table {} comes from a reader, which the query reads a second time. Pass a table: read it first.",
                    once.name
                );
                return Err(DataFusionError::External(Box::new(PythonError(message))));
            };
            for batch in reader {
                let batch = batch.map_err(|error| reported(&once.name, &error))?;
                if batch.schema().fields().len() != once.schema.fields().len() {
                    let message = format!("The reader of the table {} returns batches with other columns.", once.name);
                    return Err(DataFusionError::External(Box::new(PythonError(message))));
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
    DataFusionError::External(Box::new(PythonError(format!("The table {table} cannot be read: {message}"))))
}
