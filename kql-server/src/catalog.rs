//! What queries can name: the data that the server was started with, and the tables and functions that clients add.

use crate::query_error::QueryError;
use crate::store::{SavedFunction, Store, StoreError, StoredTable, TableMeta};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use kql_engine::{DataPath, Engine, Error, TableSchema};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows of neighbouring batches are put together up to this number.
const BATCH: usize = 8192;

/// What queries can name.
pub struct Catalog {
    /// The data that the server was started with.
    base: Engine,
    /// The names of its tables with data.
    base_tables: Vec<String>,
    store: Option<Arc<Store>>,
    /// Bytes of rows that can be in memory.
    room: usize,
    now: Mutex<Now>,
    /// The schema as text, for a database's name and a number of changes.
    described: Mutex<Option<(u64, String, Arc<str>)>>,
    /// Held while something changes, so that changes happen one after the other.
    changing: tokio::sync::Mutex<()>,
}

/// The tables and functions as of now.
#[derive(Default)]
struct Now {
    tables: BTreeMap<String, Ingested>,
    functions: BTreeMap<String, SavedFunction>,
    /// The engine with these tables; `None` if it is to be made.
    engine: Option<Engine>,
    /// Counts changes, so that an engine that was made during one is not kept.
    changes: u64,
}

/// A table that clients added.
#[derive(Clone)]
enum Ingested {
    Memory { meta: TableMeta, batches: Vec<RecordBatch> },
    Stored(StoredTable),
}

impl Ingested {
    fn meta(&self) -> &TableMeta {
        match self {
            Ingested::Memory { meta, .. } => meta,
            Ingested::Stored(table) => &table.meta,
        }
    }
}

/// Where the rows of a table come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// From the data that the server was started with.
    Data,
    /// From clients.
    Ingested,
    /// It has none: only its columns are known.
    Schema,
}

/// What happens if a table or function of the same name exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// It is replaced.
    Replace,
    /// It stays as it is.
    Keep,
    /// That is an error.
    Refuse,
}

/// An error of the folder is one of the server: clients see no paths.
fn not_stored(error: &StoreError) -> QueryError {
    eprintln!("error: {error}");
    QueryError::Failed("The server could not store the data; its log says why.".to_owned())
}

impl Catalog {
    /// The tables of an engine, and those in the folder.
    ///
    /// # Errors
    /// [`StoreError`] if the folder cannot be read.
    pub fn new(base: Engine, store: Option<Store>, room: usize) -> Result<Catalog, StoreError> {
        let mut now = Now::default();
        if let Some(store) = &store {
            for table in store.tables()? {
                now.tables.insert(table.meta.name.clone(), Ingested::Stored(table));
            }
            for function in store.functions()? {
                now.functions.insert(function.name.clone(), function);
            }
        }
        Ok(Catalog {
            base_tables: base.data_tables(),
            base,
            store: store.map(Arc::new),
            room,
            now: Mutex::new(now),
            described: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
        })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine with all tables and functions as of now.
    ///
    /// # Errors
    /// [`QueryError`] if a stored file cannot be read.
    pub async fn engine(self: &Arc<Self>) -> Result<Engine, QueryError> {
        let (engine, tables, functions, changes) = {
            let now = self.now();
            match &now.engine {
                Some(engine) => return Ok(engine.clone()),
                None => (self.base.derive(), now.tables.clone(), now.functions.clone(), now.changes),
            }
        };
        let build = move || {
            let mut builder = engine;
            for (name, table) in tables {
                builder = match table {
                    Ingested::Memory { batches, .. } => builder.table(&name, batches)?,
                    Ingested::Stored(StoredTable { meta, files, .. }) if files.is_empty() => {
                        builder.table(&name, vec![RecordBatch::new_empty(meta.schema.arrow())])?
                    }
                    Ingested::Stored(StoredTable { meta, files, .. }) => files
                        .into_iter()
                        .fold(builder, |builder, path| builder.data(DataPath { name: Some(name.clone()), path }))
                        .schema(&name, meta.schema),
                };
            }
            for function in functions.into_values() {
                builder = builder.function(&function.name, &function.parameters, &function.body);
            }
            builder.build()
        };
        let built = tokio::task::spawn_blocking(build).await.map_err(|_| QueryError::Defect)?;
        let engine = built.map_err(|error| QueryError::of(error, ""))?;
        let mut now = self.now();
        if now.changes == changes {
            now.engine = Some(engine.clone());
        }
        Ok(engine)
    }

    /// Reads the whole files of tables whose columns were inferred from samples.
    ///
    /// # Errors
    /// [`Error::Internal`] if the engine has a defect.
    pub async fn inspect(self: &Arc<Self>, tables: Vec<String>) -> Result<(), Error> {
        let mut changed = false;
        for table in tables.iter().filter(|table| self.base_tables.contains(table)) {
            // a check reads whole files; the engine remembers what it found for those that are derived from it
            self.base.check_async(&format!("{} | take 0", bracketed(table))).await?;
            changed = true;
        }
        if changed {
            let mut now = self.now();
            now.engine = None;
            now.changes += 1;
        }
        Ok(())
    }

    /// The text that describes all tables and functions. It is made again only after something has changed. Blocks.
    pub fn described(&self, database: &str, describe: impl FnOnce() -> String) -> Arc<str> {
        let changes = self.now().changes;
        let mut described = self.described.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, name, text)) = &*described
            && *at == changes
            && name == database
        {
            return text.clone();
        }
        let text: Arc<str> = describe().into();
        *described = Some((changes, database.to_owned(), text.clone()));
        text
    }

    /// The engine with the data that the server was started with, without what clients added.
    pub fn base(&self) -> &Engine {
        &self.base
    }

    /// Where the rows of a table come from; `None` if it does not exist.
    pub fn kind(&self, name: &str) -> Option<TableKind> {
        if self.now().tables.contains_key(name) {
            return Some(TableKind::Ingested);
        }
        if self.base_tables.iter().any(|table| table == name) {
            return Some(TableKind::Data);
        }
        self.base.table_schema(name).map(|_| TableKind::Schema)
    }

    /// What is known of a table that clients added.
    pub fn ingested(&self, name: &str) -> Option<TableMeta> {
        self.now().tables.get(name).map(|table| table.meta().clone())
    }

    /// The tables that have rows, or that clients added.
    pub fn tables(&self) -> Vec<(String, TableKind)> {
        let now = self.now();
        let mut tables: BTreeMap<String, TableKind> =
            self.base_tables.iter().map(|name| (name.clone(), TableKind::Data)).collect();
        tables.extend(now.tables.keys().map(|name| (name.clone(), TableKind::Ingested)));
        tables.into_iter().collect()
    }

    /// The functions: those that clients added, with their texts, and those that the server was started with.
    pub fn functions(&self) -> Vec<SavedFunction> {
        let mut functions: BTreeMap<String, SavedFunction> = self
            .base
            .saved_functions()
            .into_iter()
            .map(|(name, f)| {
                let function = SavedFunction { parameters: f.parameters, body: f.body, ..SavedFunction::default() };
                (name.clone(), SavedFunction { name, ..function })
            })
            .collect();
        functions.extend(self.now().functions.clone());
        functions.into_values().collect()
    }

    /// Adds a table with rows. Returns whether it was added: one that exists can be kept.
    ///
    /// # Errors
    /// [`QueryError`] if the name is taken, there is no room for the rows, or they cannot be stored.
    pub async fn create(
        self: &Arc<Self>,
        meta: TableMeta,
        batches: Vec<RecordBatch>,
        if_exists: IfExists,
    ) -> Result<bool, QueryError> {
        let _changing = self.changing.lock().await;
        let name = valid_name(&meta.name)?;
        let before = self.now().tables.get(&name).cloned();
        match (self.kind(&name), if_exists) {
            (Some(TableKind::Data), IfExists::Keep) | (Some(TableKind::Ingested), IfExists::Keep) => return Ok(false),
            (Some(TableKind::Data), _) => return Err(fixed(&name)),
            (Some(TableKind::Ingested), IfExists::Refuse) => {
                return Err(QueryError::Request(format!("The table '{name}' already exists.")));
            }
            _ => {}
        }
        let batches = with_schema(&meta.schema, batches)?;
        let table = match self.store.clone() {
            None => {
                self.check_room(&batches, Some(&name))?;
                Ingested::Memory { meta: TableMeta { rows: rows(&batches), ..meta }, batches: together(batches)? }
            }
            Some(store) => {
                let write = move || {
                    let before = before.as_ref().and_then(|table| match table {
                        Ingested::Stored(table) => Some(table),
                        Ingested::Memory { .. } => None,
                    });
                    store.create(meta, &batches, before)
                };
                Ingested::Stored(blocking(write).await?)
            }
        };
        self.change(|now| _ = now.tables.insert(name, table));
        Ok(true)
    }

    /// Adds a table with these rows, in the place of one that clients added.
    ///
    /// # Errors
    /// Those of [`Catalog::create`].
    pub async fn add_table(
        self: &Arc<Self>,
        name: &str,
        schema: TableSchema,
        batches: Vec<RecordBatch>,
    ) -> Result<(), QueryError> {
        let meta = TableMeta { name: name.to_owned(), schema, ..TableMeta::default() };
        self.create(meta, batches, IfExists::Replace).await.map(|_| ())
    }

    /// Adds rows to a table; one of which only the columns are known becomes a table with rows.
    ///
    /// # Errors
    /// [`QueryError`] if the table does not exist or its rows come from files, there is no room for the rows, or they cannot
    /// be stored.
    pub async fn append(self: &Arc<Self>, name: &str, batches: Vec<RecordBatch>) -> Result<(), QueryError> {
        let schema = self.columns(name)?;
        if self.kind(name) == Some(TableKind::Schema) {
            let meta = TableMeta { name: name.to_owned(), schema: schema.clone(), ..TableMeta::default() };
            self.create(meta, Vec::new(), IfExists::Keep).await?;
        }
        let batches = with_schema(&schema, batches)?;
        let _changing = self.changing.lock().await;
        let Some(table) = self.now().tables.get(name).cloned() else { return Err(unknown(name)) };
        let table = match (table, self.store.clone()) {
            (Ingested::Stored(mut table), Some(store)) => {
                let write = move || store.append(&mut table, &batches).map(|()| table);
                Ingested::Stored(blocking(write).await?)
            }
            (Ingested::Memory { meta, batches: mut all }, _) => {
                self.check_room(&batches, None)?;
                let meta = TableMeta { rows: meta.rows + rows(&batches), ..meta };
                all.extend(batches);
                Ingested::Memory { meta, batches: together(all)? }
            }
            (Ingested::Stored(_), None) => return Err(QueryError::Defect),
        };
        self.change(|now| _ = now.tables.insert(name.to_owned(), table));
        Ok(())
    }

    /// The columns of a table that rows can be added to.
    ///
    /// # Errors
    /// [`QueryError`] if it does not exist, or its rows come from files.
    pub fn columns(&self, name: &str) -> Result<TableSchema, QueryError> {
        match self.kind(name) {
            Some(TableKind::Ingested) => self.ingested(name).map(|meta| meta.schema).ok_or_else(|| unknown(name)),
            Some(TableKind::Data) => Err(fixed(name)),
            Some(TableKind::Schema) => match self.base.table_schema(name) {
                Some(Ok(schema)) => Ok(schema),
                _ => Err(unknown(name)),
            },
            None => Err(unknown(name)),
        }
    }

    /// Changes where clients show a table, and what it says about itself.
    ///
    /// # Errors
    /// [`QueryError`] if clients did not add the table, or it cannot be stored.
    pub async fn describe(
        self: &Arc<Self>,
        name: &str,
        folder: Option<String>,
        docstring: Option<String>,
    ) -> Result<(), QueryError> {
        let _changing = self.changing.lock().await;
        let Some(table) = self.now().tables.get(name).cloned() else { return Err(unknown(name)) };
        let mut meta = table.meta().clone();
        meta.folder = folder.unwrap_or(meta.folder);
        meta.docstring = docstring.unwrap_or(meta.docstring);
        let table = match (table, self.store.clone()) {
            (Ingested::Stored(mut table), Some(store)) => {
                Ingested::Stored(blocking(move || store.describe(&mut table, meta).map(|()| table)).await?)
            }
            (Ingested::Memory { batches, .. }, _) => Ingested::Memory { meta, batches },
            (Ingested::Stored(_), None) => return Err(QueryError::Defect),
        };
        self.change(|now| _ = now.tables.insert(name.to_owned(), table));
        Ok(())
    }

    /// Removes a table that clients added; false if there is none.
    ///
    /// # Errors
    /// [`QueryError`] if its rows come from files, or the folder refuses.
    pub async fn drop_table(self: &Arc<Self>, name: &str) -> Result<bool, QueryError> {
        let _changing = self.changing.lock().await;
        let Some(table) = self.now().tables.get(name).cloned() else {
            return if self.kind(name) == Some(TableKind::Data) { Err(fixed(name)) } else { Ok(false) };
        };
        if let (Ingested::Stored(table), Some(store)) = (table, self.store.clone()) {
            blocking(move || store.remove(&table)).await?;
        }
        self.change(|now| _ = now.tables.remove(name));
        Ok(true)
    }

    /// Adds a function. Returns whether it was added: one that exists can be kept.
    ///
    /// # Errors
    /// [`QueryError`] if the name is taken, or it cannot be stored.
    pub async fn create_function(
        self: &Arc<Self>,
        function: SavedFunction,
        if_exists: IfExists,
    ) -> Result<bool, QueryError> {
        let _changing = self.changing.lock().await;
        valid_name(&function.name)?;
        let mut functions = self.now().functions.clone();
        match (functions.contains_key(&function.name), if_exists) {
            (true, IfExists::Keep) => return Ok(false),
            (true, IfExists::Refuse) => {
                return Err(QueryError::Request(format!("The function '{}' already exists.", function.name)));
            }
            _ => {}
        }
        functions.insert(function.name.clone(), function);
        self.keep_functions(functions).await?;
        Ok(true)
    }

    /// Removes a function that clients added; false if there is none.
    ///
    /// # Errors
    /// [`QueryError`] if the folder refuses.
    pub async fn drop_function(self: &Arc<Self>, name: &str) -> Result<bool, QueryError> {
        let _changing = self.changing.lock().await;
        let mut functions = self.now().functions.clone();
        if functions.remove(name).is_none() {
            return Ok(false);
        }
        self.keep_functions(functions).await?;
        Ok(true)
    }

    async fn keep_functions(&self, functions: BTreeMap<String, SavedFunction>) -> Result<(), QueryError> {
        if let Some(store) = self.store.clone() {
            let all: Vec<SavedFunction> = functions.values().cloned().collect();
            blocking(move || store.save_functions(&all)).await?;
        }
        self.change(|now| now.functions = functions);
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        let mut now = self.now();
        change(&mut now);
        now.engine = None;
        now.changes += 1;
    }

    fn check_room(&self, more: &[RecordBatch], replaced: Option<&str>) -> Result<(), QueryError> {
        let size = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
        let now = self.now();
        let others = now.tables.iter().filter(|(name, _)| Some(name.as_str()) != replaced);
        let used: usize = others
            .map(|(_, table)| match table {
                Ingested::Memory { batches, .. } => size(batches),
                Ingested::Stored(_) => 0,
            })
            .sum();
        if used + size(more) > self.room {
            let message = format!(
                "The ingested tables would need more than {} MB of memory. Drop tables, or start the server with --store.",
                self.room >> 20
            );
            return Err(QueryError::Limit(message));
        }
        Ok(())
    }
}

/// Runs what waits for the disk on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, QueryError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Defect)?;
    done.map_err(|error| not_stored(&error))
}

fn unknown(name: &str) -> QueryError {
    QueryError::NotFound(format!("Entity '{name}' of kind 'Table' was not found."))
}

fn fixed(name: &str) -> QueryError {
    QueryError::Forbidden(format!("The rows of the table '{name}' come from files of the server, which do not change."))
}

/// A name that a table or function can have.
fn valid_name(name: &str) -> Result<String, QueryError> {
    let is_valid = !name.is_empty()
        && name.chars().count() <= 1024
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.'));
    if is_valid {
        return Ok(name.to_owned());
    }
    Err(QueryError::Request(format!("'{name}' is not a valid name; use letters, digits, '_', '-', '.' or spaces.")))
}

/// A name in a query, whatever its characters.
pub fn bracketed(name: &str) -> String {
    format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The rows with exactly these columns.
fn with_schema(schema: &TableSchema, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, QueryError> {
    let arrow = schema.arrow();
    let wrong = |e| QueryError::Failed(format!("The rows do not fit the table: {e}."));
    if batches.is_empty() {
        return Ok(vec![RecordBatch::new_empty(arrow)]);
    }
    batches
        .into_iter()
        .map(|batch| RecordBatch::try_new(arrow.clone(), batch.columns().to_vec()).map_err(wrong))
        .collect()
}

/// The same rows in fewer batches.
fn together(batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, QueryError> {
    let mut groups: Vec<Vec<RecordBatch>> = Vec::new();
    let mut count = 0;
    for batch in batches {
        count += batch.num_rows();
        match groups.last_mut() {
            Some(group) if count <= BATCH => group.push(batch),
            _ => {
                count = batch.num_rows();
                groups.push(vec![batch]);
            }
        }
    }
    let joined = groups.into_iter().filter_map(|group| match group.as_slice() {
        [] => None,
        [single] => Some(Ok(single.clone())),
        [first, ..] => Some(concat_batches(&first.schema(), &group)),
    });
    joined.collect::<Result<_, _>>().map_err(|e| QueryError::Failed(format!("The rows cannot be kept: {e}.")))
}

fn rows(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| batch.num_rows() as u64).sum()
}
