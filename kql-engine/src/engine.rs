//! The engine: tables, functions and settings, and queries over them.

use crate::answer::{Answer, Checked, Table};
use crate::bind::{self, Bound};
use crate::builder::EngineBuilder;
use crate::database::{At, Database, View};
use crate::defect::Defect;
use crate::error::{Error, run_error};
use crate::exec::{self, Limits};
use crate::lower::Lowering;
use crate::plan::{self, StageId, StageKind, StageResult};
use crate::progress::Progress;
use crate::types::TableSchema;
use crate::value::Value;
use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::execution::session_state::SessionState;
use kql_parser::Diagnostic;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// The stack of the thread that binds and plans: deep queries recurse, and the memory is only reserved.
const STACK: usize = 256 << 20;

/// Tables, functions and settings, and queries over them.
pub struct Engine {
    pub(crate) database: Database,
    pub(crate) limits: Limits,
    pub(crate) progress: Arc<Progress>,
    now: Option<i64>,
    runtime: OnceLock<tokio::runtime::Runtime>,
}

impl Engine {
    /// What [`EngineBuilder::build`] made.
    pub(crate) fn new(database: Database, limits: Limits, progress: Arc<Progress>, now: Option<i64>) -> Engine {
        Engine { database, limits, progress, now, runtime: OnceLock::new() }
    }

    /// Settings for an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Parses and binds a query; runs nothing.
    pub fn check(&self, text: &str) -> Checked {
        on_deep_stack(|| {
            let view = self.database.view(false);
            let (bound, syntax_ok) = self.bind(text, view.at(self.time()));
            let columns = match bound.query.results.last() {
                Some(last) if !last.open && !bound.diagnostics.iter().any(Diagnostic::is_error) => {
                    Some(last.schema().columns)
                }
                _ => None,
            };
            Checked { diagnostics: bound.diagnostics, syntax_ok, columns, external: bound.query.external }
        })
    }

    /// Parses and binds a query for running.
    pub fn prepare(&self, text: &str) -> Result<Prepared<'_>, Error> {
        self.prepare_in(Arc::new(self.database.view(false)), text, self.time())
    }

    fn prepare_in<'e>(&'e self, view: Arc<View<'e>>, text: &str, now: i64) -> Result<Prepared<'e>, Error> {
        let evaluate = |query: &mut plan::Query, relation: &plan::Relation| self.evaluate(&view, query, relation);
        let (bound, _) = on_deep_stack(|| self.bind(text, view.at(now).with_runs(&evaluate)));
        if let Some(defect) = view.take_defect() {
            let plan = plan::print(&bound.query);
            return Err(Error::Internal(Box::new(Defect { query: text.to_owned(), plan, ..*defect })));
        }
        if bound.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Error::Query(bound.diagnostics));
        }
        Ok(Prepared { engine: self, view, bound, text: text.to_owned() })
    }

    /// Runs a query. Large text files are read once: which columns they have is taken from samples, and where the rest
    /// of a file says otherwise, the query runs anew.
    pub fn query(&self, text: &str) -> Result<Answer, Error> {
        let run = std::panic::AssertUnwindSafe(|| self.query_once_or_again(text));
        let answer = std::panic::catch_unwind(run).unwrap_or_else(|panic| {
            let message = format!("the engine broke off: {}", crate::error::panic_message(panic.as_ref()));
            Err(Error::Internal(Box::new(Defect::new(message))))
        });
        answer.map_err(|error| match error {
            Error::Internal(defect) if defect.query.is_empty() => {
                Error::Internal(Box::new(Defect { query: text.to_owned(), ..*defect }))
            }
            error => error,
        })
    }

    fn query_once_or_again(&self, text: &str) -> Result<Answer, Error> {
        let now = self.time();
        let view = Arc::new(self.database.view(true));
        let prepared = self.prepare_in(view.clone(), text, now);
        let run = prepared.and_then(|prepared| prepared.results().map(|tables| (prepared, tables)));
        if matches!(run, Err(Error::Interrupted)) || view.settle()? {
            return run.map(|(prepared, tables)| prepared.answer(tables));
        }
        drop(run);
        self.prepare_in(Arc::new(self.database.view(false)), text, now)?.run()
    }

    /// Names of the tables that have data.
    pub fn data_tables(&self) -> Vec<String> {
        self.database.data_tables()
    }

    /// What is read, and the way to stop a run.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Names of all tables that a query can name: those with data, and those whose columns are known.
    pub fn table_names(&self) -> Vec<String> {
        let mut names = bind::Environment::table_names(&self.database.view(true).at(0));
        names.sort();
        names.dedup();
        names
    }

    /// The files that tables are read from.
    pub fn data_files(&self) -> Vec<std::path::PathBuf> {
        self.database.data_files()
    }

    /// The columns of a table, with data or known; none where there is none. The error says why it cannot be read.
    pub fn table_schema(&self, name: &str) -> Option<Result<TableSchema, String>> {
        bind::Environment::table(&self.database.view(true).at(0), name)
    }

    /// Waits for the work, or for a stop.
    pub(crate) async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let (work, stop) = (std::pin::pin!(work), std::pin::pin!(self.progress.stopping()));
        match futures::future::select(stop, work).await {
            futures::future::Either::Left(_) => Err(Error::Interrupted),
            futures::future::Either::Right((result, _)) => result,
        }
    }

    fn time(&self) -> i64 {
        self.now.unwrap_or_else(clock)
    }

    fn bind(&self, text: &str, environment: At) -> (Bound, bool) {
        let parse = kql_parser::parse(text);
        let syntax_ok = !parse.diagnostics.iter().any(Diagnostic::is_error);
        let mut bound = bind::bind(&parse.query, &environment);
        crate::rewrite::rewrite(&mut bound.query);
        let mut diagnostics = parse.diagnostics;
        if syntax_ok {
            diagnostics.append(&mut bound.diagnostics);
        } else {
            // names inside broken text mislead: only what lies apart from the broken places is told
            let first = diagnostics.first().map_or(0, |d| d.span.start);
            diagnostics.extend(
                bound.diagnostics.drain(..).filter(|d| d.span.end < first && d.code != kql_parser::codes::EMPTY_QUERY),
            );
        }
        diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
        bound.diagnostics = diagnostics;
        (bound, syntax_ok)
    }

    /// Runs the subqueries whose results are not known yet.
    async fn run_stages(
        &self,
        view: &View<'_>,
        state: &SessionState,
        query: &plan::Query,
        needed: &HashSet<StageId>,
        stages: &mut HashMap<StageId, StageResult>,
    ) -> Result<(), Error> {
        for stage in &query.stages {
            if !needed.contains(&stage.id) || stages.contains_key(&stage.id) {
                continue;
            }
            let batches = self.run_relation(view, state, stages, &stage.relation).await?;
            let result = match &stage.kind {
                StageKind::Scalar => StageResult::Value(first_value(&batches)?),
                StageKind::List => StageResult::Value(list(&stage.relation, &batches)?),
                StageKind::Table(function) => {
                    let rows = match function {
                        Some(function) => {
                            let lowering = Lowering::new(state, view, stages);
                            function.run(&batches, &lowering).map_err(Error::Run)?
                        }
                        None => batches,
                    };
                    StageResult::Rows(Arc::new(numbered(rows).map_err(run_error)?))
                }
            };
            stages.insert(stage.id, result);
        }
        Ok(())
    }

    async fn run_relation(
        &self,
        view: &View<'_>,
        state: &SessionState,
        stages: &HashMap<StageId, StageResult>,
        relation: &plan::Relation,
    ) -> Result<Vec<RecordBatch>, Error> {
        let plan = {
            let lowering = Lowering::new(state, view, stages);
            let plan = lowering.result(relation);
            if let Some(diagnostic) = lowering.take_diagnostic() {
                return Err(Error::Query(vec![diagnostic]));
            }
            plan.map_err(run_error)?
        };
        exec::run(state, &plan, &self.progress).await.map_err(run_error)
    }

    /// Runs a part of a query while the rest is bound: its columns depend on the rows.
    fn evaluate(
        &self,
        view: &View<'_>,
        query: &mut plan::Query,
        relation: &plan::Relation,
    ) -> Result<Vec<RecordBatch>, Error> {
        let runtime = self.runtime()?;
        let state = exec::session(self.limits, &self.progress).map_err(run_error)?;
        let mut stages = std::mem::take(&mut query.computed);
        let mut relation = relation.clone();
        crate::rewrite::rewrite_relation(&mut relation);
        let relation = &relation;
        let needed = plan::stages_of(query, [relation]);
        let result = runtime.block_on(self.unless_stopped(async {
            self.run_stages(view, &state, query, &needed, &mut stages).await?;
            self.run_relation(view, &state, &stages, relation).await
        }));
        query.computed = stages;
        result
    }

    pub(crate) fn runtime(&self) -> Result<&tokio::runtime::Runtime, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.limits.partitions.clamp(1, 64))
            .thread_stack_size(16 << 20)
            .build()
            .map_err(|e| Error::Run(format!("the threads for the query cannot be started: {e}")))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

/// A query that is bound and can be run.
pub struct Prepared<'e> {
    engine: &'e Engine,
    view: Arc<View<'e>>,
    bound: Bound,
    text: String,
}

impl Prepared<'_> {
    /// What is to be said about the query.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.bound.diagnostics
    }

    /// The plan, as text.
    pub fn explain(&self) -> String {
        plan::print(&self.bound.query)
    }

    /// The names of the tables it reads, each once.
    pub fn tables(&self) -> Vec<String> {
        crate::database::tables(&self.bound.query)
    }

    /// The columns of each result.
    pub fn schemas(&self) -> Vec<TableSchema> {
        self.bound.query.results.iter().map(plan::Relation::schema).collect()
    }

    /// Runs it.
    pub fn run(&self) -> Result<Answer, Error> {
        self.results().map(|tables| self.answer(tables))
    }

    fn results(&self) -> Result<Vec<Table>, Error> {
        let runtime = self.engine.runtime()?;
        let run = || runtime.block_on(self.engine.unless_stopped(self.run_all()));
        on_deep_stack(run).map_err(|error| match error {
            Error::Internal(defect) => {
                Error::Internal(Box::new(Defect { query: self.text.clone(), plan: self.explain(), ..*defect }))
            }
            error => error,
        })
    }

    fn answer(&self, tables: Vec<Table>) -> Answer {
        let notices = self.view.notices(&self.bound.query);
        Answer { tables, diagnostics: self.bound.diagnostics.clone(), notices }
    }

    async fn run_all(&self) -> Result<Vec<Table>, Error> {
        let state = exec::session(self.engine.limits, &self.engine.progress).map_err(run_error)?;
        let query = &self.bound.query;
        let mut stages = query.computed.clone();
        let needed = plan::stages_of(query, &query.results);
        self.engine.run_stages(&self.view, &state, query, &needed, &mut stages).await?;
        let mut tables = Vec::with_capacity(query.results.len());
        for (i, relation) in query.results.iter().enumerate() {
            let batches = self.engine.run_relation(&self.view, &state, &stages, relation).await?;
            let (schema, batches) = exec::named(relation, batches).map_err(run_error)?;
            let name = match &relation.title {
                Some(title) => title.clone(),
                None if i == 0 => "PrimaryResult".to_owned(),
                None => format!("PrimaryResult_{i}"),
            };
            tables.push(Table { name, schema, batches, render: relation.render.clone() });
        }
        Ok(tables)
    }
}

/// The first value of the first column.
fn first_value(batches: &[RecordBatch]) -> Result<Value, Error> {
    let Some(batch) = batches.iter().find(|b| b.num_rows() > 0) else { return Ok(Value::Null) };
    let Some(column) = batch.columns().first() else { return Ok(Value::Null) };
    let scalar = ScalarValue::try_from_array(column, 0).map_err(run_error)?;
    Ok(Value::from_scalar(&scalar).unwrap_or(Value::Null))
}

/// The rows with a last column that numbers them.
fn numbered(batches: Vec<RecordBatch>) -> datafusion::common::Result<Vec<RecordBatch>> {
    let mut next = 0;
    let mut result = Vec::with_capacity(batches.len());
    for batch in batches {
        let rows = batch.num_rows() as i64;
        let number: arrow::array::ArrayRef = Arc::new(arrow::array::Int64Array::from_iter_values(next..next + rows));
        next += rows;
        let mut fields: Vec<arrow::datatypes::FieldRef> = batch.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(arrow::datatypes::Field::new("row", arrow::datatypes::DataType::Int64, false)));
        let mut columns = batch.columns().to_vec();
        columns.push(number);
        result.push(RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns)?);
    }
    Ok(result)
}

/// All values of the first column as a dynamic array.
fn list(relation: &plan::Relation, batches: &[RecordBatch]) -> Result<Value, Error> {
    let mut text = "[".to_owned();
    let Some(column) = relation.columns.first() else { return Ok(Value::Text("[]".to_owned())) };
    for batch in batches {
        let Some(array) = batch.columns().first() else { continue };
        for row in 0..batch.num_rows() {
            let scalar = ScalarValue::try_from_array(array, row).map_err(run_error)?;
            if text.len() > 1 {
                text.push(',');
            }
            crate::dynamic::write::value(&Value::from_scalar(&scalar).unwrap_or(Value::Null), column.ty, &mut text);
        }
    }
    text.push(']');
    Ok(Value::Text(text))
}

/// Runs `f` on a thread with a deep stack: binding and planning recurse with the depth of the query.
fn on_deep_stack<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, f);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => std::panic::resume_unwind(Box::new(format!("no thread for the query: {error}"))),
        }
    })
}

/// The time, in ticks.
fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since.as_nanos() / 100).unwrap_or(0);
    ticks + crate::time::EPOCH
}
