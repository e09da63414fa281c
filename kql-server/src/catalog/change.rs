//! Changes of tables and functions. They happen one after the other, and are acknowledged when they are stored.

use super::{Catalog, Ingested, Now, TableKind, fixed, unknown};
use crate::query_error::QueryError;
use crate::store::{SavedFunction, StoreError, TableMeta};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use kql_engine::TableSchema;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of neighbouring batches are put together up to this number.
const BATCH: usize = 8192;

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
