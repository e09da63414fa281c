//! The engine: tables, functions and settings, and queries over them.

use crate::bind::{self, Bound, ExternalMissing, StoredFunction};
use crate::database::{At, Database, View};
use crate::defect::Defect;
use crate::exec::{self, Limits};
use crate::geo_ip::GeoIp;
use crate::lower::Lowering;
use crate::plan::{self, Render, StageId, StageKind, StageResult};
use crate::progress::Progress;
use crate::sources::{DataPath, DateOrder, FolderDates, Profile, SourceError};
use crate::types::{Column, TableSchema};
use crate::value::Value;
use arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, ScalarValue};
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

/// Settings of an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    database: Database,
    limits: Limits,
    progress: Arc<Progress>,
    now: Option<i64>,
    geo_ip: Option<std::path::PathBuf>,
}

/// A result.
#[derive(Clone, Debug)]
pub struct Table {
    /// `PrimaryResult`, then `PrimaryResult_1` and so on.
    pub name: String,
    /// Columns with their KQL types.
    pub schema: TableSchema,
    /// The rows; the types are those of [`crate::types`].
    pub batches: Vec<RecordBatch>,
    /// What `render` asks for.
    pub render: Option<Render>,
}

/// What a query gives.
#[derive(Clone, Debug)]
pub struct Answer {
    /// A table for each tabular statement.
    pub tables: Vec<Table>,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
    /// What is to be known about the data, in lines: tables without data, rows refused.
    pub notices: Vec<String>,
}

/// What [`Engine::check`] says of a query.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text parses, whatever binding says.
    pub syntax_ok: bool,
    /// The columns of the last result; none where there are errors, or where they depend on data.
    pub columns: Option<Vec<Column>>,
    /// The addresses of external data that the query reads, each once.
    pub external: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query is wrong.
    #[error("{}", summary(.0))]
    Query(Vec<Diagnostic>),
    /// The data is at fault.
    #[error(transparent)]
    Data(#[from] SourceError),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
    /// The run failed.
    #[error("{0}")]
    Run(String),
    /// The engine has a defect; the report of it has the query and its plan.
    #[error("{0}")]
    Internal(Box<Defect>),
    /// The run was stopped ([`Progress::stop`]).
    #[error("interrupted")]
    Interrupted,
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<String> =
        diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect();
    errors.join("\n")
}

impl EngineBuilder {
    /// Which built-in table schemas hold.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.database.profile = profile;
        self
    }

    /// A file or folder of tables; see the command line's `--data`.
    pub fn data(mut self, path: DataPath) -> Self {
        self.database.paths.push(path);
        self
    }

    /// A table from Arrow batches.
    pub fn table(mut self, name: &str, batches: Vec<RecordBatch>) -> Result<Self, Error> {
        self.database.add_batches(name, batches)?;
        Ok(self)
    }

    /// The columns of a table, beside the built-in ones.
    pub fn schema(mut self, name: &str, schema: TableSchema) -> Self {
        self.database.schemas.insert(name.to_owned(), schema);
        self
    }

    /// A saved function: its parameters in parentheses, and its body.
    pub fn function(mut self, name: &str, parameters: &str, body: &str) -> Self {
        let function = StoredFunction { parameters: parameters.to_owned(), body: body.to_owned() };
        self.database.functions.insert(name.to_owned(), function);
        self
    }

    /// The value of a `declare query_parameters` parameter, as text.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.database.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The local copy of external data that queries name by this address.
    pub fn external(mut self, address: &str, path: impl Into<std::path::PathBuf>) -> Self {
        self.database.externals.insert(address.to_owned(), path.into());
        self
    }

    /// A folder with local copies of external data: the copy of an address is the file with the last part of its path.
    pub fn external_folder(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.database.external_folders.push(folder.into());
        self
    }

    /// What a query gets of external data that has no local copy.
    pub fn external_missing(mut self, missing: ExternalMissing) -> Self {
        self.database.external_missing = missing;
        self
    }

    /// The database in MaxMind's format (`.mmdb`) that `geo_info_from_ip_address()` looks addresses up in.
    pub fn geo_ip(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.geo_ip = Some(path.into());
        self
    }

    /// What `now()` is, as the text of a datetime.
    pub fn now(mut self, datetime: &str) -> Result<Self, Error> {
        let ticks = kql_parser::time::parse_datetime(datetime)
            .ok_or_else(|| Error::Setting(format!("'{datetime}' is not a datetime such as 2024-05-01T12:00:00Z")))?;
        self.now = Some(ticks);
        Ok(self)
    }

    /// Whether a damaged row refuses the query, rather than being counted and left out.
    pub fn strict(mut self, strict: bool) -> Self {
        self.database.options.strict = strict;
        self
    }

    /// Whether the day or the month comes first in dates such as `3/4/2021`, where a file does not show it.
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.database.options.date_order = Some(order);
        self
    }

    /// Which times the dates in the names of folders are (`y=2026/m=03`, `date=2026-03-10`).
    pub fn folder_dates(mut self, dates: FolderDates) -> Self {
        self.database.options.folder_dates = dates;
        self
    }

    /// The zone, by its IANA name, of columns whose header says that their time is local.
    pub fn time_zone(mut self, name: &str) -> Result<Self, Error> {
        let zone =
            name.parse().map_err(|_| Error::Setting(format!("'{name}' is not a time zone such as Europe/Berlin")))?;
        self.database.options.tz = Some(zone);
        Ok(self)
    }

    /// How batches are cut and how many run at once; neither changes an answer.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where the engine counts what it reads, and looks whether it is to stop; else it has one of its own.
    pub fn progress(mut self, progress: Arc<Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Finds the data. Files are read when a query names them.
    pub fn build(mut self) -> Result<Engine, Error> {
        let (now, limits) = (self.now, self.limits);
        let bare = || EngineBuilder { now, limits, ..EngineBuilder::default() }.profile(Profile::Bare);
        self.database.discover(&bare)?;
        if let Some(path) = &self.geo_ip {
            self.database.places = Some(Arc::new(GeoIp::open(path)?));
        }
        let EngineBuilder { database, limits, progress, now, .. } = self;
        Ok(Engine { database, limits, progress, now, runtime: OnceLock::new() })
    }
}

impl Engine {
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
            let message = format!("the engine broke off: {}", crate::sources::words(panic.as_ref()));
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
            diagnostics.extend(bound.diagnostics.drain(..).filter(|d| d.span.end < first && d.code != "KS193"));
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

/// What DataFusion reports, as an error of ours: the data's faults come through it unchanged.
pub(crate) fn run_error(error: DataFusionError) -> Error {
    match error.find_root() {
        DataFusionError::External(inner) => match inner.downcast_ref::<SourceError>() {
            Some(source) => Error::Data(source.clone()),
            None => Error::Run(inner.to_string()),
        },
        DataFusionError::ResourcesExhausted(_) => Error::Run(
            "The query needs more memory than it may have: a higher limit, fewer columns (project) or earlier filters help."
                .to_owned(),
        ),
        DataFusionError::Execution(message) => Error::Run(message.clone()),
        DataFusionError::Internal(message) => Error::Internal(Box::new(Defect::new(message.clone()))),
        root => Error::Internal(Box::new(Defect::new(root.strip_backtrace()))),
    }
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
    ticks + crate::render::days(1970, 1, 1) * crate::render::DAY
}
