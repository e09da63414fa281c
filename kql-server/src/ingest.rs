//! Rows that clients send, as texts or as results of queries. The engine reads texts as it reads files: columns are those of
//! the table, and a value that does not fit its column becomes null.

use crate::catalog::{IfExists, TableKind, bracketed};
use crate::query_error::QueryError;
use crate::state::AppState;
use crate::store::TableMeta;
use arrow::array::RecordBatch;
use kql_engine::{CancellationToken, DataPath, DateOrder, TableSchema};
use serde_json::value::RawValue;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// The name of the table that the engine reads a text as.
const ROWS: &str = "ingested rows";

/// The form of a text of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Values with commas between them, in the order of the columns.
    Csv,
    /// Values with tabs between them.
    Tsv,
    /// Objects, one after the other or in arrays.
    Json,
}

impl RowFormat {
    /// The format of this name.
    pub fn of_name(name: &str) -> Option<RowFormat> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Some(RowFormat::Csv),
            "tsv" => Some(RowFormat::Tsv),
            "json" | "multijson" | "singlejson" => Some(RowFormat::Json),
            _ => None,
        }
    }
}

/// An error if the server or the client wants nothing to be changed.
pub fn writable(state: &AppState, read_only: bool) -> Result<(), QueryError> {
    if state.settings.read_only {
        return Err(QueryError::Forbidden("The server is read only.".to_owned()));
    }
    if read_only {
        return Err(QueryError::Forbidden("The request is read only, and the command changes something.".to_owned()));
    }
    Ok(())
}

/// Adds the rows of a text to a table. Returns how many.
pub async fn append_text(
    state: &Arc<AppState>,
    table: &str,
    format: RowFormat,
    text: &[u8],
    skips_first: bool,
) -> Result<u64, QueryError> {
    let schema = state.catalog.columns(table)?;
    if std::str::from_utf8(text).is_err() {
        return Err(QueryError::Request("The rows are not valid UTF-8.".to_owned()));
    }
    let batches = rows_of(state, &schema, format, text, skips_first).await?;
    append(state, table, batches).await
}

/// Adds rows to a table. Returns how many.
pub async fn append(state: &Arc<AppState>, table: &str, batches: Vec<RecordBatch>) -> Result<u64, QueryError> {
    let count = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    state.catalog.append(table, batches).await?;
    state.metrics.ingested(count);
    Ok(count)
}

/// The rows of a text as batches with these columns.
async fn rows_of(
    state: &Arc<AppState>,
    schema: &TableSchema,
    format: RowFormat,
    text: &[u8],
    skips_first: bool,
) -> Result<Vec<RecordBatch>, QueryError> {
    let folder = tempfile::tempdir().map_err(|_| not_written())?;
    let name = match format {
        RowFormat::Csv => "rows.csv",
        RowFormat::Tsv => "rows.tsv",
        RowFormat::Json => "rows.ndjson",
    };
    let path = folder.path().join(name);
    write_rows(&path, schema, format, text, skips_first)?;
    let of = |error| QueryError::of(error, "");
    let builder = state.catalog.base().derive();
    // as todatetime() reads them
    let builder = builder.date_order(DateOrder::MonthFirst);
    let builder = builder.data(DataPath { name: Some(ROWS.to_owned()), path }).schema(ROWS, schema.clone());
    let engine = tokio::task::spawn_blocking(move || builder.build()).await.map_err(|_| QueryError::Defect)?;
    let columns: Vec<String> = schema.columns.iter().map(|column| bracketed(&column.name)).collect();
    let query = format!("{} | project {}", bracketed(ROWS), columns.join(", "));
    let answer = engine.map_err(of)?.query_async(&query, &CancellationToken::new()).await.map_err(of)?;
    Ok(answer.tables.into_iter().flat_map(|table| table.batches).collect())
}

fn not_written() -> QueryError {
    QueryError::Failed("The rows cannot be written to a temporary file.".to_owned())
}

fn write_rows(
    path: &Path,
    schema: &TableSchema,
    format: RowFormat,
    text: &[u8],
    skips_first: bool,
) -> Result<(), QueryError> {
    let mut out = Vec::with_capacity(text.len() + 256);
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    match format {
        RowFormat::Json => {
            for value in serde_json::Deserializer::from_slice(text).into_iter::<Box<RawValue>>() {
                let wrong = |e| QueryError::Request(format!("The rows are not valid JSON: {e}."));
                objects(&value.map_err(wrong)?, &mut out)?;
            }
        }
        RowFormat::Csv => fields(schema, b',', text, skips_first, &mut out)?,
        RowFormat::Tsv => fields(schema, b'\t', text, skips_first, &mut out)?,
    }
    let written = std::fs::File::create(path).and_then(|mut file| file.write_all(&out));
    written.map_err(|_| not_written())
}

/// Appends the records of a text after the names of the columns. A short record lacks the last columns, and what a long one has
/// beyond them is left out.
fn fields(
    schema: &TableSchema,
    separator: u8,
    text: &[u8],
    skips_first: bool,
    out: &mut Vec<u8>,
) -> Result<(), QueryError> {
    let wrong = |e: csv::Error| QueryError::Request(format!("The rows are not valid: {e}."));
    let mut reader =
        csv::ReaderBuilder::new().has_headers(skips_first).flexible(true).delimiter(separator).from_reader(text);
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(out);
    writer.write_record(schema.columns.iter().map(|column| &column.name)).map_err(wrong)?;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(wrong)? {
        let given = record.iter().chain(std::iter::repeat(&b""[..]));
        writer.write_record(given.take(schema.columns.len())).map_err(wrong)?;
    }
    writer.flush().map_err(|_| not_written())
}

/// Appends an object as a line, or those of an array.
fn objects(value: &RawValue, out: &mut Vec<u8>) -> Result<(), QueryError> {
    let text = value.get().trim();
    if text.starts_with('[') {
        let inner: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|e| QueryError::Request(format!("The rows are not valid JSON: {e}.")))?;
        return inner.into_iter().try_for_each(|value| objects(value, out));
    }
    if !text.starts_with('{') {
        return Err(QueryError::Request("A row is not a JSON object.".to_owned()));
    }
    // inside strings, line feeds are escaped
    out.extend(text.bytes().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
    out.push(b'\n');
    Ok(())
}

/// What becomes of the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adding {
    /// They become a new table.
    New,
    /// They are added to a table.
    Existing,
    /// They are added to a table, or become a new one.
    Any,
    /// They become a table, in the place of another one.
    Instead,
}

/// Adds the rows of a result to a table. Returns how many.
pub async fn append_result(
    state: &Arc<AppState>,
    table: &str,
    schema: TableSchema,
    batches: Vec<RecordBatch>,
    how: Adding,
) -> Result<u64, QueryError> {
    let count: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let exists = matches!(state.catalog.kind(table), Some(TableKind::Ingested | TableKind::Data));
    let creates = match how {
        Adding::New => true,
        Adding::Existing => false,
        Adding::Any => !exists,
        Adding::Instead => true,
    };
    if creates {
        let meta = TableMeta { name: table.to_owned(), schema, ..TableMeta::default() };
        let if_exists = if how == Adding::Instead { IfExists::Replace } else { IfExists::Refuse };
        state.catalog.create(meta, batches, if_exists).await?;
        state.metrics.ingested(count);
        return Ok(count);
    }
    let own = state.catalog.columns(table)?;
    let types = |schema: &TableSchema| schema.columns.iter().map(|c| c.ty).collect::<Vec<_>>();
    if types(&own) != types(&schema) {
        let text = |schema: &TableSchema| {
            let all: Vec<String> = schema.columns.iter().map(|c| format!("{}:{}", c.name, c.ty)).collect();
            all.join(", ")
        };
        let message =
            format!("The columns of the query ({}) are not those of the table ({}).", text(&schema), text(&own));
        return Err(QueryError::Request(message));
    }
    append(state, table, batches).await
}
