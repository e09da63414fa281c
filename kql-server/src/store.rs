//! Ingested tables and functions in a folder, as they were when they were last acknowledged, whenever the process ends.
//!
//! ```text
//! lock                       held while a server uses the folder
//! functions.json             the saved functions
//! tables/NAME@GENERATION/    a table; of several with one name, the last one counts
//!     table.json             its name, columns, and texts
//!     00000001.parquet       rows of one command
//! ```
//!
//! Everything is written under another name, flushed to the disk, and renamed; then its folder is flushed. What begins with a
//! dot was not acknowledged, and is removed.

use arrow::array::RecordBatch;
use kql_engine::{Layout, TableSchema};
use kql_output::parquet_properties;
use parquet::arrow::ArrowWriter;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why the folder of ingested data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another server uses it.
    #[error("{}: another server uses this folder", .0.display())]
    Locked(PathBuf),
    /// The system refuses something.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's message.
        reason: io::Error,
    },
    /// A file is not what this program writes.
    #[error("{}: not a file of ingested data: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: serde_json::Error,
    },
    /// Rows cannot be written.
    #[error("{}: the rows cannot be written: {reason}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: parquet::errors::ParquetError,
    },
}

/// A saved function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedFunction {
    /// Its name.
    pub name: String,
    /// Its parameters, in parentheses.
    pub parameters: String,
    /// Its body, without braces.
    pub body: String,
    /// Where clients show it.
    #[serde(default)]
    pub folder: String,
    /// What it is for.
    #[serde(default)]
    pub docstring: String,
}

/// What is known of a table, besides its rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableMeta {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub schema: TableSchema,
    /// Where clients show it.
    #[serde(default)]
    pub folder: String,
    /// What it is for.
    #[serde(default)]
    pub docstring: String,
    /// Rows that were ingested, if the table is in memory.
    #[serde(skip)]
    pub rows: u64,
}

/// A table in the folder.
#[derive(Clone, Debug)]
pub struct StoredTable {
    /// What is known of it.
    pub meta: TableMeta,
    /// Its folder.
    folder: PathBuf,
    /// The files of its rows.
    pub files: Vec<PathBuf>,
    /// The number of its last file.
    last: u64,
}

/// The folder of ingested data.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The number of the last table.
    generation: std::sync::atomic::AtomicU64,
    /// Held until the server ends.
    _lock: File,
}

fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |reason| StoreError::Io { path: path.to_owned(), reason }
}

/// Flushes the entries of a folder to the disk.
fn sync(folder: &Path) -> Result<(), StoreError> {
    // Windows has no such thing, and needs none
    if cfg!(unix) { File::open(folder).and_then(|f| f.sync_all()).map_err(failed(folder)) } else { Ok(()) }
}

/// Creates a file that is whole or not there.
fn place(path: &Path, write: impl FnOnce(&mut File) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}"));
    let written = File::create(&partial).map_err(failed(&partial)).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all().map_err(failed(&partial))
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&partial);
        return Err(error);
    }
    fs::rename(&partial, path).map_err(failed(path))?;
    path.parent().map_or(Ok(()), sync)
}

fn place_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let text =
        serde_json::to_vec_pretty(value).map_err(|reason| StoreError::Foreign { path: path.to_owned(), reason })?;
    place(path, |file| file.write_all(&text).map_err(failed(path)))
}

fn read_json<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<T, StoreError> {
    let bytes = fs::read(path).map_err(failed(path))?;
    serde_json::from_slice(&bytes).map_err(|reason| StoreError::Foreign { path: path.to_owned(), reason })
}

/// The entries of a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    found.sort();
    Ok(found)
}

/// Removes what was not acknowledged.
fn clean(folder: &Path) -> Result<(), StoreError> {
    for (name, path) in entries(folder)? {
        if name.starts_with('.') {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(failed(&path))?;
        }
    }
    Ok(())
}

impl Store {
    /// Opens the folder, and creates it if needed.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let tables = folder.join("tables");
        fs::create_dir_all(&tables).map_err(failed(&tables))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Locked(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(failed(&path)(error)),
        }
        clean(folder)?;
        clean(&tables)?;
        sync(folder)?;
        Ok(Store { folder: folder.to_owned(), generation: 0.into(), _lock: lock })
    }

    fn tables_folder(&self) -> PathBuf {
        self.folder.join("tables")
    }

    /// The tables in the folder.
    pub fn tables(&self) -> Result<Vec<StoredTable>, StoreError> {
        let mut found: Vec<(u64, StoredTable)> = Vec::new();
        for (name, folder) in entries(&self.tables_folder())? {
            let Some(generation) = name.rsplit_once('@').and_then(|(_, number)| number.parse::<u64>().ok()) else {
                continue;
            };
            clean(&folder)?;
            self.generation.fetch_max(generation, std::sync::atomic::Ordering::SeqCst);
            let meta: TableMeta = read_json(&folder.join("table.json"))?;
            let rows = entries(&folder)?.into_iter().filter(|(name, _)| name.ends_with(".parquet"));
            let files: Vec<PathBuf> = rows.map(|(_, path)| path).collect();
            let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
            let last = files.iter().filter_map(number).max().unwrap_or(0);
            let table = StoredTable { meta, folder, files, last };
            // one that was replaced, before the process ended
            if let Some(older) = found.iter().position(|(_, t)| t.meta.name == table.meta.name) {
                let (number, _) = found.swap_remove(older);
                debug_assert_ne!(number, generation);
                if number > generation {
                    continue;
                }
            }
            found.push((generation, table));
        }
        Ok(found.into_iter().map(|(_, table)| table).collect())
    }

    /// The saved functions.
    pub fn functions(&self) -> Result<Vec<SavedFunction>, StoreError> {
        let path = self.folder.join("functions.json");
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }

    /// Keeps these saved functions, and no others.
    pub fn save_functions(&self, functions: &[SavedFunction]) -> Result<(), StoreError> {
        place_json(&self.folder.join("functions.json"), &functions)
    }

    /// Adds a table with rows. It replaces `before`, if that is given.
    pub fn create(
        &self,
        meta: TableMeta,
        batches: &[RecordBatch],
        before: Option<&StoredTable>,
    ) -> Result<StoredTable, StoreError> {
        let tables = self.tables_folder();
        let generation = self.generation.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        let name = format!("{}@{generation:08}", file_name(&meta.name));
        let partial = tables.join(format!(".{name}"));
        fs::create_dir(&partial).map_err(failed(&partial))?;
        let mut table = StoredTable { meta, folder: partial.clone(), files: Vec::new(), last: 0 };
        place_json(&partial.join("table.json"), &table.meta)?;
        self.append(&mut table, batches)?;
        let folder = tables.join(name);
        fs::rename(&partial, &folder).map_err(failed(&folder))?;
        sync(&tables)?;
        if let Some(before) = before {
            self.remove(before)?;
        }
        let files = table.files.iter().filter_map(|path| Some(folder.join(path.file_name()?))).collect();
        Ok(StoredTable { folder, files, ..table })
    }

    /// Adds rows to a table.
    pub fn append(&self, table: &mut StoredTable, batches: &[RecordBatch]) -> Result<(), StoreError> {
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(());
        }
        let path = table.folder.join(format!("{:08}.parquet", table.last + 1));
        let rows = |reason| StoreError::Rows { path: path.clone(), reason };
        let layout = Layout::of(&table.meta.schema, batches);
        place(&path, |file| {
            let writer = ArrowWriter::try_new(file, layout.schema().clone(), Some(parquet_properties(None)));
            let mut writer = writer.map_err(rows)?;
            for batch in batches {
                let encoded = layout.encode(batch).map_err(|e| rows(e.into()))?;
                writer.write(&encoded).map_err(rows)?;
            }
            writer.close().map_err(rows)?;
            Ok(())
        })?;
        table.last += 1;
        table.files.push(path);
        Ok(())
    }

    /// Keeps other texts of a table.
    pub fn describe(&self, table: &mut StoredTable, meta: TableMeta) -> Result<(), StoreError> {
        place_json(&table.folder.join("table.json"), &meta)?;
        table.meta = meta;
        Ok(())
    }

    /// Removes a table.
    pub fn remove(&self, table: &StoredTable) -> Result<(), StoreError> {
        let name = table.folder.file_name().unwrap_or_default().to_string_lossy();
        let gone = table.folder.with_file_name(format!(".gone-{name}"));
        fs::rename(&table.folder, &gone).map_err(failed(&table.folder))?;
        sync(&self.tables_folder())?;
        // what is left is removed when the folder is opened the next time
        let _ = fs::remove_dir_all(&gone);
        Ok(())
    }
}

/// A table's name as the name of a file, which is for readers: programs read table.json.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(60).collect()
}
