//! What queries can name: tables of files and of memory, the built-in schemas, saved functions, parameters.

use crate::bind::{Arrivals, Environment, ExternalMissing, InventedColumns, MAX_PLAN_SIZE, StoredFunction};
use crate::defect::Defect;
use crate::error::SourceError;
use crate::external_files::{ExternalFiles, ExternalRefused};
use crate::geo_ip::GeoIp;
use crate::lower::{Lowering, Tables};
use crate::notes::Notes;
use crate::plan::{Expr, Node, Query};
use crate::sources::{
    self, ColumnSource, DataPath, DateOrder, Known, OpenOptions, Profile, SourceTable, TableFiles, catalogue,
};
use crate::stored_rows::StoredRows;
use crate::text_tables;
use crate::trace::Tracing;
use crate::types::{Column, ScalarType, TableSchema};
use crate::value::Value;
use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Tables, functions and parameters.
#[derive(Default)]
pub struct Database {
    pub(crate) profile: Profile,
    pub(crate) paths: Vec<DataPath>,
    pub(crate) schemas: HashMap<String, TableSchema>,
    pub(crate) functions: Arc<HashMap<String, StoredFunction>>,
    pub(crate) parameters: HashMap<String, String>,
    pub(crate) options: OpenOptions,
    /// The files that `externaldata` can read.
    pub(crate) external_files: ExternalFiles,
    pub(crate) external_missing: ExternalMissing,
    /// The range of times that restricts the rows of every table.
    pub(crate) times: Option<(i64, i64)>,
    /// The range of times of arrival that restricts the rows of every table.
    pub(crate) arrivals: Option<Arrivals>,
    /// How many expressions the names of a query can stand for; `None` for [`MAX_PLAN_SIZE`].
    pub(crate) max_plan_size: Option<usize>,
    /// The database for IP addresses.
    pub(crate) places: Option<Arc<GeoIp>>,
    /// Tables whose rows come from elsewhere, until the schemas are known.
    given: Vec<(String, Given)>,
    files: BTreeMap<String, Arc<TableFiles>>,
    /// Other names of tables with files: those of the files.
    aliases: HashMap<String, String>,
    /// Tables opened so far: each file is inspected once, when a query first names it.
    opened: Mutex<HashMap<String, Opened>>,
}

impl Database {
    /// Finds the tables under the data paths; `run` runs the queries in files of KQL text.
    pub(crate) fn discover(&mut self, run: &text_tables::Run) -> Result<(), SourceError> {
        for (name, given) in std::mem::take(&mut self.given) {
            let table = given.table(&name, self.declared(&name).as_ref(), self.options.date_order)?;
            lock(&self.opened).insert(name, Ok(Arc::new(table)));
        }
        let known = Arc::new(Known::new(self.profile, self.schemas.clone()));
        let (texts, paths): (Vec<DataPath>, Vec<DataPath>) =
            std::mem::take(&mut self.paths).into_iter().partition(|data| text_tables::is_text(&data.path));
        for table in sources::discover(&paths, &known, &self.options)? {
            // the name of a known table is never an alias of another one
            let other = table.aliases.iter().filter(|alias| self.declared(alias).is_none());
            let other: Vec<String> = other.cloned().collect();
            self.aliases.extend(other.into_iter().map(|alias| (alias, table.name.clone())));
            self.files.insert(table.name.clone(), Arc::new(table));
        }
        for data in &texts {
            let declared = |name: &str| Some((self.declared(name)?, catalogue::twin(self.profile, name)));
            let ordered = |name: &str| self.schemas.get(name).cloned();
            for table in text_tables::read(data, &declared, &ordered, run)? {
                if self.files.contains_key(&table.name) || lock(&self.opened).contains_key(&table.name) {
                    let reason = format!("other data is the table {} already", table.name);
                    return Err(SourceError::unreadable(&data.path, reason));
                }
                let mut source = sources::from_batches(&table.name, table.batches)?;
                source.files.push(table.summary);
                table.notices.into_iter().for_each(|notice| source.report.note(notice));
                lock(&self.opened).insert(table.name, Ok(Arc::new(source)));
            }
        }
        Ok(())
    }

    /// A copy that shares the tables opened so far.
    pub(crate) fn derived(&self) -> Database {
        Database {
            profile: self.profile,
            paths: Vec::new(),
            schemas: self.schemas.clone(),
            functions: self.functions.clone(),
            parameters: self.parameters.clone(),
            options: self.options,
            external_files: self.external_files.clone(),
            external_missing: self.external_missing,
            times: self.times,
            arrivals: self.arrivals,
            max_plan_size: self.max_plan_size,
            places: self.places.clone(),
            given: Vec::new(),
            files: self.files.clone(),
            aliases: self.aliases.clone(),
            opened: Mutex::new(lock(&self.opened).clone()),
        }
    }

    /// The table of this name, which was opened, reads its rows from elsewhere.
    pub(crate) fn replace(&mut self, name: &str, table: SourceTable) {
        lock(&self.opened).insert(name.to_owned(), Ok(Arc::new(table)));
    }

    /// The name of a table that has other names.
    pub(crate) fn own_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// Adds a table from memory.
    pub(crate) fn add_batches(&mut self, name: &str, batches: Vec<RecordBatch>) -> Result<(), SourceError> {
        let table = sources::from_batches(name, batches)?;
        lock(&self.opened).insert(name.to_owned(), Ok(Arc::new(table)));
        Ok(())
    }

    /// Adds a table whose rows come from elsewhere.
    pub(crate) fn add(&mut self, name: &str, given: Given) -> Result<(), SourceError> {
        // an error is reported where the table is added
        given.table(name, None, None)?;
        self.given.push((name.to_owned(), given));
        Ok(())
    }

    pub(crate) fn data_tables(&self) -> Vec<String> {
        let mut names: Vec<String> = self.files.keys().cloned().chain(lock(&self.opened).keys().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The files that tables are read from.
    pub(crate) fn data_files(&self) -> Vec<std::path::PathBuf> {
        self.files.values().flat_map(|table| table.paths()).map(std::path::Path::to_owned).collect()
    }

    /// The other names of a table with data.
    pub(crate) fn other_names(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = self.aliases.iter().filter(|(_, n)| *n == name).map(|(a, _)| a.clone()).collect();
        names.sort();
        names
    }

    /// The tables as one query sees them.
    pub(crate) fn snapshot(self: &Arc<Self>, inspection: Inspection) -> CatalogSnapshot {
        CatalogSnapshot {
            database: self.clone(),
            inspection,
            tables: Mutex::default(),
            notes: Notes::default(),
            tracing: None,
            defect: Mutex::default(),
        }
    }

    pub(crate) fn declared(&self, name: &str) -> Option<TableSchema> {
        self.schemas.get(name).cloned().or_else(|| catalogue::table(self.profile, name))
    }

    /// The declared columns, followed by those that the service has and does not list.
    fn declared_whole(&self, name: &str) -> Option<TableSchema> {
        let mut schema = self.declared(name)?;
        schema.columns.extend(self.hidden(name));
        Some(schema)
    }

    /// The columns of a table that come from the data: all except those that the service has, does not list, and no file
    /// has.
    pub(crate) fn own_columns(&self, table: &SourceTable) -> Vec<usize> {
        let hidden = self.hidden(&table.name);
        let is_own = |column: &Column| {
            hidden.iter().all(|h| h.name != column.name) || table.files.iter().any(|f| f.columns.contains(&column.name))
        };
        table.schema.columns.iter().enumerate().filter(|(_, c)| is_own(c)).map(|(i, _)| i).collect()
    }

    /// The columns that the service has and does not list.
    fn hidden(&self, name: &str) -> Vec<Column> {
        if self.schemas.contains_key(name) { Vec::new() } else { catalogue::hidden(self.profile, name) }
    }

    /// A table with data; `None` if the table is unknown or only its schema is known.
    pub(crate) fn data(&self, name: &str) -> Option<Opened> {
        self.open(name, Inspection::Complete)
    }

    fn open(&self, name: &str, inspection: Inspection) -> Option<Opened> {
        let name = self.own_name(name);
        let opened = lock(&self.opened).get(name).cloned();
        let table = match opened {
            Some(Ok(table)) if inspection == Inspection::Complete && table.provisional.is_some() => {
                table.confirmed(true).map(|(table, _)| Arc::new(table))
            }
            Some(table) => return Some(table),
            None => {
                let files = self.files.get(name)?;
                let declared = self.declared_whole(name);
                let twin = catalogue::twin(self.profile, name);
                let options = match inspection {
                    Inspection::Sampled => self.options.sampled(),
                    Inspection::Complete => self.options,
                };
                sources::open(files, declared.as_ref(), twin, &options).map(Arc::new)
            }
        };
        lock(&self.opened).insert(name.to_owned(), table.clone());
        Some(table)
    }
}

/// Where the rows of a table come from.
#[derive(Clone)]
pub(crate) enum Given {
    Provider(Arc<dyn TableProvider>),
    Columns(Arc<dyn ColumnSource>),
}

impl Given {
    fn table(
        &self,
        name: &str,
        declared: Option<&TableSchema>,
        order: Option<DateOrder>,
    ) -> Result<SourceTable, SourceError> {
        match self.clone() {
            Given::Provider(provider) => sources::from_provider(name, provider, declared, order),
            Given::Columns(source) => sources::from_columns(name, source, declared, order),
        }
    }
}

/// How much of a large file is read to find its columns.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Inspection {
    /// Samples of it; the rest is checked after the query.
    Sampled,
    /// All of it.
    Complete,
}

/// A table that was inspected.
type Opened = Result<Arc<SourceTable>, SourceError>;

/// The tables as one query sees them: each stays as it was when the query first named it.
pub(crate) struct CatalogSnapshot {
    database: Arc<Database>,
    inspection: Inspection,
    tables: Mutex<HashMap<String, Option<Opened>>>,
    notes: Notes,
    /// What a traced run records.
    pub(crate) tracing: Option<Arc<Tracing>>,
    /// A defect that occurred while the query was bound.
    defect: Mutex<Option<Box<Defect>>>,
}

impl CatalogSnapshot {
    /// The environment of a query at the time `now`.
    pub(crate) fn at(&self, now: i64) -> QueryEnvironment<'_> {
        QueryEnvironment { snapshot: self, database: &self.database, now, evaluate: None, invented: None }
    }

    /// What a traced run records, unless it only follows rows.
    fn counting(&self) -> Option<&Arc<Tracing>> {
        self.tracing.as_ref().filter(|tracing| !tracing.options.only_sources)
    }

    /// Whether a table has data, which may be unreadable.
    pub(crate) fn has_data(&self, name: &str) -> bool {
        self.data(name).is_some()
    }

    /// The name of a table that has other names.
    pub(crate) fn own_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.database.own_name(name)
    }

    /// Whether a table has data that can be read.
    pub(crate) fn has_rows(&self, name: &str) -> bool {
        matches!(self.data(name), Some(Ok(_)))
    }

    /// A table with data.
    pub(crate) fn data(&self, name: &str) -> Option<Opened> {
        if let Some(table) = lock(&self.tables).get(name) {
            return table.clone();
        }
        let table = self.database.open(name, self.inspection);
        lock(&self.tables).insert(name.to_owned(), table.clone());
        table
    }

    /// Whether a named table was read from samples only.
    pub(crate) fn is_provisional(&self) -> bool {
        lock(&self.tables).values().flatten().flatten().any(|table| table.provisional.is_some())
    }

    /// Reads the parts of these tables that were not read yet; false if a table differs from its samples.
    pub(crate) fn settle(&self, is_wanted: impl Fn(&str) -> bool) -> Result<bool, SourceError> {
        let mut tables = lock(&self.tables);
        let mut same = true;
        for (name, table) in tables.iter_mut() {
            let Some(Ok(seen)) = table else { continue };
            if seen.provisional.is_none() || !is_wanted(name) {
                continue;
            }
            let (sure, is_same) = seen.confirmed(false)?;
            same &= is_same;
            let sure = Arc::new(sure);
            let name = self.database.aliases.get(name).unwrap_or(name);
            lock(&self.database.opened).insert(name.clone(), Ok(sure.clone()));
            *table = Some(Ok(sure));
        }
        Ok(same)
    }

    /// The defect that occurred while the query was bound, if any.
    pub(crate) fn take_defect(&self) -> Option<Box<Defect>> {
        lock(&self.defect).take()
    }

    /// Notices about the data of a query that has run.
    pub(crate) fn notices(&self, query: &Query) -> Vec<String> {
        let mut notices = Vec::new();
        for name in tables(query) {
            match self.data(&name) {
                Some(Ok(table)) => notices.extend(table.report.notices()),
                Some(Err(_)) => {}
                None => {
                    let tables = self.database.data_tables();
                    let like = tables.iter().find(|table| table.eq_ignore_ascii_case(&name));
                    let like = like.map_or_else(String::new, |like| {
                        format!(" The data has a table {like}: names are case-sensitive.")
                    });
                    notices.push(format!("{name} has no data; it is treated as empty.{like}"));
                }
            }
        }
        notices.extend(self.notes.sentences());
        notices
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The column in tables of Log Analytics that contains the name of the table.
const TYPE: &str = "Type";

/// The names of the tables that a query reads, each once.
pub(crate) fn tables(query: &Query) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in scans(query) {
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The name of the table of each scan of a query.
pub(crate) fn scans(query: &Query) -> impl Iterator<Item = &str> {
    let mut names = Vec::new();
    for relation in query.stages.iter().map(|s| &s.relation).chain(&query.results) {
        scanned(&relation.node, &mut names);
    }
    names.into_iter()
}

fn scanned<'q>(node: &'q Node, names: &mut Vec<&'q str>) {
    if let Node::Scan { table, .. } = node {
        names.push(table);
    }
    node.inputs().into_iter().for_each(|input| scanned(input, names));
}

impl Tables for CatalogSnapshot {
    fn provider(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        match self.data(name) {
            Some(Ok(table)) => Ok(table.provider.clone()),
            Some(Err(error)) => Err(datafusion::common::DataFusionError::External(Box::new(error))),
            None => match self.database.declared_whole(name) {
                Some(schema) => Ok(Arc::new(EmptyTable::new(schema.plain()))),
                None => internal_err!("the table {name} is gone"),
            },
        }
    }

    fn places(&self) -> Option<Arc<GeoIp>> {
        self.database.places.clone()
    }

    fn notes(&self) -> Notes {
        self.notes.clone()
    }

    fn tracing(&self) -> Option<&Arc<Tracing>> {
        self.counting()
    }
}

/// What a query can name, at the time of the query.
pub(crate) struct QueryEnvironment<'a> {
    snapshot: &'a CatalogSnapshot,
    database: &'a Database,
    now: i64,
    evaluate: Option<&'a Evaluate<'a>>,
    invented: Option<&'a InventedColumns>,
}

/// Runs a part of a query while the rest is bound.
pub(crate) type Evaluate<'a> =
    dyn Fn(&mut Query, &crate::plan::Relation) -> Result<Arc<StoredRows>, crate::error::Error> + Sync + 'a;

impl<'a> QueryEnvironment<'a> {
    /// The environment in which watchlists and external data without rows are tables.
    pub(crate) fn with_invented(self, invented: &'a InventedColumns) -> QueryEnvironment<'a> {
        QueryEnvironment { invented: Some(invented), ..self }
    }

    /// The environment with the ability to run parts of the query while it is bound.
    pub(crate) fn with_evaluator(self, evaluate: &'a Evaluate<'a>) -> QueryEnvironment<'a> {
        QueryEnvironment { evaluate: Some(evaluate), ..self }
    }
}

impl Environment for QueryEnvironment<'_> {
    fn table(&self, name: &str) -> Option<Result<TableSchema, SourceError>> {
        match self.snapshot.data(name) {
            Some(Ok(table)) => {
                let hidden = self.hidden(name);
                let mut schema = table.schema.clone();
                schema.columns.retain(|c| hidden.iter().all(|(h, has)| h.name != c.name || !has));
                Some(Ok(schema))
            }
            Some(Err(error)) => Some(Err(error)),
            None => self.database.declared(name).map(Ok),
        }
    }

    fn lacks_type(&self, name: &str) -> bool {
        let known = |c: &Column| c.name == TYPE && c.ty == ScalarType::String;
        match self.snapshot.data(name) {
            Some(Ok(table)) => {
                let is_known = !self.database.schemas.contains_key(&table.name)
                    && catalogue::table(self.database.profile, &table.name).is_some();
                is_known
                    && table.schema.columns.iter().any(known)
                    && !table.files.iter().any(|f| f.columns.iter().any(|c| c == TYPE))
            }
            _ => false,
        }
    }

    fn hidden(&self, name: &str) -> Vec<(Column, bool)> {
        let hidden = self.database.hidden(self.database.aliases.get(name).map_or(name, String::as_str));
        // a table without data has all of them; a table from memory has those that it was given
        let has = |column: &Column| match self.snapshot.data(name) {
            Some(Ok(table)) => table.schema.column(&column.name).is_some_and(|own| own.ty == column.ty),
            _ => true,
        };
        hidden.into_iter().map(|column| (column.clone(), has(&column))).collect()
    }

    fn has_data(&self, name: &str) -> bool {
        let database = self.database;
        database.files.contains_key(name)
            || database.aliases.contains_key(name)
            || lock(&self.database.opened).contains_key(name)
    }

    fn is_bare(&self) -> bool {
        self.database.profile == Profile::Bare
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = self.database.data_tables();
        names.extend(self.database.schemas.keys().cloned());
        names.extend(catalogue::names(self.database.profile).map(str::to_owned));
        names
    }

    fn function(&self, name: &str) -> Option<&StoredFunction> {
        self.database.functions.get(name)
    }

    fn function_names(&self) -> Vec<String> {
        self.database.functions.keys().cloned().collect()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.database.parameters.get(name).map(String::as_str)
    }

    fn now(&self) -> i64 {
        self.now
    }

    fn times(&self) -> Option<(i64, i64)> {
        self.database.times
    }

    fn arrivals(&self) -> Option<Arrivals> {
        self.database.arrivals
    }

    fn external(&self, uri: &str) -> Result<std::path::PathBuf, ExternalRefused> {
        self.database.external_files.find(uri)
    }

    fn max_plan_size(&self) -> usize {
        self.database.max_plan_size.unwrap_or(MAX_PLAN_SIZE)
    }

    fn external_missing(&self) -> ExternalMissing {
        self.database.external_missing
    }

    fn constant(&self, e: &Expr) -> Option<Value> {
        // needs no tables and none of what a session registers
        static STATE: LazyLock<SessionState> = LazyLock::new(|| SessionContext::new().state());
        let stages = HashMap::new();
        let value = Lowering::new(&STATE, self.snapshot, &stages).constant(e).ok()?;
        Some(value.unwrap_or(Value::Null))
    }

    fn invented(&self) -> Option<&InventedColumns> {
        self.invented
    }

    fn traces(&self) -> bool {
        self.snapshot.counting().is_some()
    }

    fn evaluates(&self) -> bool {
        self.evaluate.is_some()
    }

    fn evaluate(
        &self,
        query: &mut Query,
        relation: &crate::plan::Relation,
    ) -> Option<Result<Arc<StoredRows>, crate::error::Error>> {
        Some((self.evaluate?)(query, relation).inspect_err(|error| {
            if let crate::error::Error::Internal(defect) = error {
                *lock(&self.snapshot.defect) = Some(defect.clone());
            }
        }))
    }
}
