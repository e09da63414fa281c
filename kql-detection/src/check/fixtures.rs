//! The rows of the files that tests name.

use super::reads::has_word;
use super::table::{is_service_column, no_column};
use arrow::array::RecordBatch;
use kql_engine::{DataPath, Engine, TableSchema};
use kql_parser::bracketed_name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The rows of a file.
pub(super) type FileRows = (TableSchema, RecordBatch);

/// What is wrong with a file, and what to do about each.
pub(super) type Faults = Vec<(String, Option<String>)>;

/// The formats that are written by hand, too: a column that the schema does not have is more likely a misspelt one there.
const WRITTEN: [&str; 3] = ["NDJSON", "JSON", "CSV"];

/// The rows of files; each file is read once.
#[derive(Default)]
pub(super) struct Fixtures(RefCell<HashMap<(String, PathBuf), Result<FileRows, Faults>>>);

impl Fixtures {
    /// The rows of a file as rows of a table.
    pub fn rows(&self, engine: &Engine, table: &str, path: &Path) -> Result<FileRows, Faults> {
        let key = (table.to_owned(), path.to_owned());
        if let Some(known) = self.0.borrow().get(&key) {
            return known.clone();
        }
        let read = read_file(engine, table, path);
        self.0.borrow_mut().insert(key, read.clone());
        read
    }
}

fn read_file(engine: &Engine, name: &str, path: &Path) -> Result<FileRows, Faults> {
    let fault = |reason: String| vec![(reason, None)];
    let mut builder = Engine::builder().profile(engine.profile()).strict(true);
    let declared = engine.table_schema(name).and_then(Result::ok);
    if let Some(schema) = &declared {
        builder = builder.schema(name, schema.clone());
    }
    let data = DataPath { name: Some(name.to_owned()), path: path.to_owned() };
    let reader = builder.data(data).build().map_err(|error| fault(error.to_string()))?;
    let answer = reader.query(&bracketed_name(name)).map_err(|error| fault(error.to_string()))?;
    if let Some(declared) = &declared {
        let faults = misfits(&reader, name, path, declared);
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    let table = answer.tables.into_iter().next().ok_or_else(|| fault("the file has no rows".to_owned()))?;
    let schema = table.schema.arrow();
    let batch = arrow::compute::concat_batches(&schema, &table.batches).map_err(|error| fault(error.to_string()))?;
    Ok((table.schema, batch))
}

/// The columns of a file that its table does not have, and the values that do not fit their columns.
fn misfits(reader: &Engine, name: &str, path: &Path, declared: &TableSchema) -> Faults {
    let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut faults = Vec::new();
    for table in reader.describe().into_iter().filter(|table| table.name == name) {
        if table.files.iter().all(|file| WRITTEN.contains(&file.format)) {
            for column in table.unmatched.iter().filter(|column| !is_service_column(&column.name)) {
                let line = line_of(path, &column.name).map_or_else(String::new, |line| format!(":{line}"));
                let (message, help) = no_column(name, &column.name, &declared.columns);
                faults.push((format!("{shown}{line}: {message}"), help));
            }
        }
        // a file in which no value fits has a column of another type
        for own in &table.matched {
            if let Some(column) = declared.columns.iter().find(|column| column.name == own.name && column.ty != own.ty)
            {
                let reason = format!("the values of {name}.{} are of the type {}", own.name, own.ty);
                faults.push((format!("{shown}: {reason}, and the column is a {}", column.ty), None));
            }
        }
        if table.misfits > 0 {
            faults.extend(table.notices.into_iter().map(|notice| {
                let (file, rest) = notice.split_once(": ").unwrap_or(("", &notice));
                let file = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
                (format!("{file}: {rest}"), None)
            }));
        }
    }
    faults
}

/// The first line of a file, from 1, that has a name.
fn line_of(path: &Path, name: &str) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().position(|line| has_word(line, name)).map(|at| at + 1)
}
