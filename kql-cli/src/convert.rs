//! `kql convert`: the recognised tables as Parquet files, which queries read many times faster than text.

use crate::arguments::Convert;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::interrupt;
use crate::partial::Partial;
use arrow::array::RecordBatch;
use kql_engine::Layout;
use kql_engine::{Engine, Error};
use kql_engine::{Exported, ObjectWriter, RowWriter, is_url};
use kql_output::parquet_properties;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of memory that sorting uses before it uses temporary files.
const MEMORY: usize = 1 << 30;

/// The size of a row group while it is in memory.
const ROW_GROUP: usize = 64 << 20;

/// Writes each table of the data to a file.
pub fn convert(arguments: &Convert) -> Result<(), Failure> {
    let engine = arguments.environment.engine_with(&arguments.paths)?.strict(arguments.strict);
    let engine = crate::run::build(engine)?;
    let folder = &arguments.output;
    let names = engine.data_tables();
    if names.is_empty() {
        return Err(Failure::Query("This data has no tables.".to_owned()));
    }
    if !is_url(folder) {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::Usage(format!("The folder {} cannot be created: {e}.", folder.display())))?;
    }
    let mut files = Vec::with_capacity(names.len());
    for name in &names {
        let path = place(folder, name)?;
        if !arguments.force && exists(&path)? {
            return Err(Failure::Usage(format!("{} already exists; use --force to replace it.", path.display())));
        }
        files.push(path);
    }
    let own = |path: &Path| files.iter().any(|file| same(file, path));
    if let Some(path) = engine.data_files().iter().find(|path| own(path)) {
        return Err(Failure::Usage(format!(
            "{} is an input of this command and cannot be overwritten.",
            path.display()
        )));
    }
    interrupt::listen(engine.progress().clone());
    let mut failed = false;
    for (name, path) in names.iter().zip(&files) {
        match table(&engine, name, path) {
            Ok(exported) => writeln!(std::io::stdout(), "{}", report(name, path, &exported))?,
            Err(Failure::Query(error)) => {
                crate::message::message!("error: {name}: {error}");
                failed = true;
            }
            Err(other) => return Err(other),
        }
    }
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn exists(path: &Path) -> Result<bool, Failure> {
    match path.to_str().filter(|text| is_url(text)) {
        Some(url) => ObjectWriter::exists(url).map_err(|e| Failure::Usage(e.to_string())),
        None => Ok(path.exists()),
    }
}

/// The path or URL of a table's file.
fn place(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = match folder.to_str().filter(|text| is_url(text)) {
        Some(url) if !name.contains(['/', '\\']) => {
            return Ok(PathBuf::from(format!("{}/{name}.parquet", url.trim_end_matches('/'))));
        }
        _ => folder.join(format!("{name}.parquet")),
    };
    // the name comes from the data and must not lead out of the folder
    if path.parent() != Some(folder) || path.file_name().is_none_or(|file| file != format!("{name}.parquet").as_str()) {
        return Err(Failure::Usage(format!(
            "'{name}' cannot be used as a file name; rename the table with --data NAME=PATH."
        )));
    }
    Ok(path)
}

fn table(engine: &Engine, name: &str, path: &Path) -> Result<Exported, Failure> {
    let bar = Bar::start(engine.progress());
    let mut writer = TableFile { file: Some(Partial::create(path)?), writer: None };
    let exported = engine.export(name, MEMORY, &mut writer);
    drop(bar);
    let exported = exported.map_err(|e| match e {
        Error::Interrupted => Failure::Interrupted,
        e => Failure::Query(e.to_string()),
    })?;
    writer.finish()?;
    Ok(exported)
}

/// The report on a table.
fn report(name: &str, path: &Path, exported: &Exported) -> String {
    let order = exported.sorted_by.as_ref().map(|column| format!(" by {column}")).unwrap_or_default();
    let rows = crate::words::plural(exported.rows, "row");
    let mut text = format!("{name}: {rows}{order}, {} skipped, in {}", exported.refused, path.display());
    for notice in &exported.notices {
        text.push_str(&format!("\n  notice     {notice}"));
    }
    text
}

/// Why rows do not get into a Parquet file.
#[derive(Debug, thiserror::Error)]
#[error("the file cannot be written: {0}")]
struct NotWritten(#[source] ParquetError);

/// A Parquet file that rows go to.
struct TableFile {
    /// Set until the schema is known; the writer has it then.
    file: Option<Partial>,
    writer: Option<ArrowWriter<Partial>>,
}

impl TableFile {
    fn finish(self) -> Result<(), Failure> {
        let Some(writer) = self.writer else { return Ok(()) };
        let file = writer.into_inner().map_err(|e| Failure::Query(format!("The file cannot be written: {e}")))?;
        file.finish()
    }
}

impl RowWriter for TableFile {
    fn begin(
        &mut self,
        layout: &Layout,
        sorted_by: Option<usize>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let writer = ArrowWriter::try_new(file, layout.schema().clone(), Some(parquet_properties(sorted_by)));
        self.writer = Some(writer.map_err(NotWritten)?);
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write(batch).map_err(NotWritten)?;
        if writer.memory_size() > ROW_GROUP {
            writer.flush().map_err(NotWritten)?;
        }
        Ok(())
    }
}
