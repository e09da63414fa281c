//! What queries can name: the data that the server was started with, and the tables and functions that clients add.

mod change;

pub use change::IfExists;

use crate::query_error::QueryError;
use crate::store::{SavedFunction, Store, StoreError, StoredTable, TableMeta};
use arrow::array::RecordBatch;
use kql_engine::{DataPath, Engine, Error, TableSchema};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
}

fn unknown(name: &str) -> QueryError {
    QueryError::NotFound(format!("Entity '{name}' of kind 'Table' was not found."))
}

fn fixed(name: &str) -> QueryError {
    QueryError::Forbidden(format!("The rows of the table '{name}' come from files of the server, which do not change."))
}

/// A name in a query, whatever its characters.
pub fn bracketed(name: &str) -> String {
    format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
}
