//! Engines and prepared queries.

use crate::calls::{self, Watch};
use crate::cancel::Cancel;
use crate::errors;
use crate::fork::OfProcess;
use crate::frame::{Fetched, Frame};
use crate::settings::Settings;
use crate::table::NativeTable;
use kql_engine::datafusion::catalog::TableProvider;
use kql_engine::editing::complete;
use kql_engine::{Answer, ColumnSource, Engine, Error, Prepared, TableSchema};
use kql_output::Excerpt;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::Arc;

/// Results, findings and notices of a query.
type Answered<'py> = (Vec<NativeTable>, Bound<'py, PyList>, Vec<String>);
/// Findings, the columns of the last result, and the addresses of external data.
type CheckedQuery<'py> = (Bound<'py, PyList>, Option<Vec<(String, String)>>, Vec<String>);

/// An engine.
#[pyclass(frozen, module = "kql._kql")]
pub struct NativeEngine {
    engine: OfProcess<Engine>,
    params: Vec<String>,
}

/// A query that is bound.
#[pyclass(frozen, module = "kql._kql")]
pub struct NativePrepared {
    prepared: OfProcess<Prepared>,
    engine: Engine,
    text: String,
}

fn answered<'py>(py: Python<'py>, text: &str, answer: Answer) -> PyResult<Answered<'py>> {
    let findings = errors::findings(py, text, &answer.diagnostics)?;
    Ok((answer.tables.into_iter().map(NativeTable::from).collect(), findings, answer.notices))
}

fn pairs(schema: &TableSchema) -> Vec<(String, String)> {
    schema.columns.iter().map(|column| (column.name.clone(), column.ty.name().to_owned())).collect()
}

/// A table of Python: its name, how it is read, and what that takes.
type Given<'py> = (String, String, Vec<Bound<'py, PyAny>>);

/// A table as the engine takes it.
enum Table {
    Frame(Frame),
    /// It can be read once.
    Once(Frame),
    Fetched(Fetched),
}

impl Table {
    fn of((name, way, parts): &Given) -> PyResult<Table> {
        Ok(match (way.as_str(), parts.as_slice()) {
            ("held", [data]) => Table::Frame(Frame::held(name, data)?),
            ("fetched", [empty, fetch, count, selects]) => {
                Table::Fetched(Fetched::new(name, empty, fetch, count, selects.extract()?)?)
            }
            ("reader", [reader]) => Table::Once(Frame::once(name, reader)?),
            ("chunks", [first, rest]) => Table::Once(Frame::chunks(name, first, rest)?),
            _ => return Err(errors::raise("internal", &format!("the table {name} is given in the unknown way {way}"))),
        })
    }

    /// The table without its rows.
    fn empty(&self) -> Frame {
        Frame::empty(match self {
            Table::Frame(frame) | Table::Once(frame) => TableProvider::schema(frame),
            Table::Fetched(fetched) => ColumnSource::schema(fetched),
        })
    }
}

#[pymethods]
impl NativeEngine {
    /// `once` is the query for which tables that can be read once are read while it runs; without it they are read now.
    #[new]
    #[pyo3(signature = (tables, settings, once = None))]
    fn new(py: Python<'_>, tables: Vec<Given<'_>>, settings: Settings, once: Option<String>) -> PyResult<NativeEngine> {
        let raised = |error| errors::exception(py, error, "");
        let tables: Vec<(String, Table)> = tables
            .iter()
            .map(|given| Table::of(given).map(|table| (given.0.clone(), table)))
            .collect::<PyResult<_>>()?;
        let is_once = |(_, table): &&(String, Table)| matches!(table, Table::Once(_));
        let mut readers: Vec<&str> = tables.iter().filter(is_once).map(|(name, _)| name.as_str()).collect();
        if let Some(text) = &once
            && !readers.is_empty()
        {
            // with tables that have no rows it is known how often each is read
            let mut builder = settings.builder().map_err(raised)?;
            for (name, table) in &tables {
                builder = builder.table_provider(name, Arc::new(table.empty())).map_err(raised)?;
            }
            let prepared = py.detach(|| builder.build().and_then(|engine| engine.prepare(text)));
            // the errors of a query are those of its run
            if let Ok(prepared) = prepared {
                readers.retain(|name| prepared.reads(name) > 1);
            }
        }
        let kept: Vec<String> = readers.into_iter().map(str::to_owned).collect();
        let mut builder = settings.builder().map_err(raised)?;
        for (name, table) in tables {
            let frame = match table {
                Table::Fetched(fetched) => {
                    builder = builder.columns(&name, Arc::new(fetched)).map_err(raised)?;
                    continue;
                }
                Table::Once(frame) if kept.contains(&name) => py
                    .detach(|| frame.kept())
                    .map_err(|error| errors::raise("data", &format!("The table '{name}' cannot be read: {error}")))?,
                Table::Once(frame) | Table::Frame(frame) => frame,
            };
            builder = builder.table_provider(&name, Arc::new(frame)).map_err(raised)?;
        }
        let engine = py.detach(|| builder.build()).map_err(raised)?;
        Ok(NativeEngine { engine: OfProcess::new(engine), params: settings.params() })
    }

    /// Runs a query.
    #[pyo3(signature = (text, report = None, cancel = None))]
    fn query<'py>(
        &self,
        py: Python<'py>,
        text: &str,
        report: Option<Bound<'py, PyAny>>,
        cancel: Option<&Cancel>,
    ) -> PyResult<Answered<'py>> {
        let engine = self.engine.get()?.clone();
        self.declared(text)?;
        let watch = Watch { cancel, report: report.as_ref(), progress: &engine.progress().clone() };
        let query = text.to_owned();
        let answer = calls::run(py, text, &watch, move |cancel| {
            futures::executor::block_on(engine.query_async(&query, cancel))
        })?;
        answered(py, text, answer)
    }

    /// Parses and binds a query.
    fn check<'py>(&self, py: Python<'py>, text: &str) -> PyResult<CheckedQuery<'py>> {
        let engine = self.engine.get()?;
        let checked = py.detach(|| engine.check(text));
        let columns = checked.columns.map(|columns| pairs(&TableSchema { columns }));
        Ok((errors::findings(py, text, &checked.diagnostics)?, columns, checked.external))
    }

    /// Binds a query for running it several times.
    #[pyo3(signature = (text, cancel = None))]
    fn prepare(&self, py: Python<'_>, text: &str, cancel: Option<&Cancel>) -> PyResult<NativePrepared> {
        let engine = self.engine.get()?.clone();
        self.declared(text)?;
        let watch = Watch { cancel, report: None, progress: &engine.progress().clone() };
        let (query, own) = (text.to_owned(), engine.clone());
        let prepared =
            calls::run(py, text, &watch, move |cancel| futures::executor::block_on(own.prepare_async(&query, cancel)))?;
        Ok(NativePrepared { prepared: OfProcess::new(prepared), engine, text: text.to_owned() })
    }

    /// The names of the tables with data, and of all tables that a query can name.
    fn tables(&self) -> PyResult<(Vec<String>, Vec<String>)> {
        let engine = self.engine.get()?;
        Ok((engine.data_tables(), engine.table_names()))
    }

    /// The columns of a table.
    fn schema(&self, py: Python<'_>, name: &str) -> PyResult<Vec<(String, String)>> {
        let engine = self.engine.get()?;
        match py.detach(|| engine.table_schema(name)) {
            Some(Ok(schema)) => Ok(pairs(&schema)),
            Some(Err(error)) => Err(errors::exception(py, Error::Data(error), "")),
            None => {
                let names = engine.table_names();
                let like = kql_parser::suggest(name, names.iter().map(String::as_str));
                let like = like.map_or_else(String::new, |like| format!(" Did you mean {like}?"));
                Err(errors::raise("query", &format!("There is no table '{name}'.{like}")))
            }
        }
    }

    /// Where the word at the cursor begins, and its completions with what they are. Positions are characters.
    fn complete(&self, py: Python<'_>, text: &str, cursor: usize) -> PyResult<(usize, Vec<(String, String)>)> {
        let engine = self.engine.get()?;
        let at = text.char_indices().nth(cursor).map_or(text.len(), |(at, _)| at);
        let (start, found) = py.detach(|| complete(engine, text, at));
        let start = text.get(..start).map_or(0, |before| before.chars().count());
        Ok((start, found.into_iter().map(|found| (found.text, found.about)).collect()))
    }
}

impl NativeEngine {
    /// Refuses a value for a parameter that the query does not declare.
    fn declared(&self, text: &str) -> PyResult<()> {
        if self.params.is_empty() {
            return Ok(());
        }
        let declared = kql_parser::query_parameters(text);
        match self.params.iter().find(|name| !declared.contains(name)) {
            Some(name) => Err(errors::raise(
                "setting",
                &format!(
                    "params: the query declares no parameter {name}; add declare query_parameters({name}: string);"
                ),
            )),
            None => Ok(()),
        }
    }
}

#[pymethods]
impl NativePrepared {
    /// Runs it.
    #[pyo3(signature = (report = None, cancel = None))]
    fn run<'py>(
        &self,
        py: Python<'py>,
        report: Option<Bound<'py, PyAny>>,
        cancel: Option<&Cancel>,
    ) -> PyResult<Answered<'py>> {
        let prepared = self.prepared.get()?.clone();
        let watch = Watch { cancel, report: report.as_ref(), progress: &self.engine.progress().clone() };
        let answer =
            calls::run(py, &self.text, &watch, move |cancel| futures::executor::block_on(prepared.run_async(cancel)))?;
        answered(py, &self.text, answer)
    }

    /// The columns of each result.
    fn columns(&self) -> PyResult<Vec<Vec<(String, String)>>> {
        Ok(self.prepared.get()?.schemas().iter().map(pairs).collect())
    }

    /// The names of the tables that it reads.
    fn tables(&self) -> PyResult<Vec<String>> {
        Ok(self.prepared.get()?.tables())
    }

    /// The findings in it.
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        errors::findings(py, &self.text, self.prepared.get()?.diagnostics())
    }
}

/// Results as a piece of HTML: drawings, and the first rows.
#[pyfunction]
pub fn html(tables: Vec<PyRef<'_, NativeTable>>, rows: usize, number: usize) -> PyResult<String> {
    let excerpts: Vec<Excerpt> = tables.iter().map(|table| table.excerpt()).collect();
    kql_output::fragment(&excerpts, rows, number).map_err(|error| errors::of_output(&error))
}
