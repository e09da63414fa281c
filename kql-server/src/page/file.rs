//! A file that was dropped on the page becomes a table.

use super::answer::{Answer, Failure, blocking};
use super::editing::columns_of;
use super::tables::recognised;
use crate::body;
use crate::catalog::{TableKind, bracketed};
use crate::query_error::QueryError;
use crate::scrub::scrub;
use crate::state::AppState;
use arrow::array::RecordBatch;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use kql_engine::{
    CancellationToken, DataPath, Engine, Error, Profile, Settled, TableDescription, TableSchema, editing,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// The most characters of a file's name.
const MAX_NAME: usize = 200;

/// A table of the file.
struct Found {
    schema: TableSchema,
    batches: Vec<RecordBatch>,
    described: TableDescription,
}

/// Adds the body as a table, in the place of one that clients added.
pub async fn add(
    State(state): State<Arc<AppState>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer<Value>, Failure> {
    if state.settings.read_only {
        return Err(QueryError::Forbidden("The server is read-only: no tables can be added.".to_owned()).into());
    }
    let name = file_name(&body::query_value(&uri, "name").unwrap_or_default())?;
    let limits = state.settings.limits;
    let bytes = body::read(&state, &headers, body, limits.data_body).await?;
    let profile = state.catalog.base().profile();
    let mut found = blocking(move || tables_of(&name, &bytes, profile, limits.ingested)).await??;
    if found.len() != 1 {
        let names: Vec<&str> = found.iter().map(|table| table.described.name.as_str()).collect();
        return Err(Failure::wrong(format!(
            "The file has {} tables: {}. Add them one by one.",
            found.len(),
            names.join(", ")
        )));
    }
    let Some(Found { schema, batches, described }) = found.pop() else { return Err(QueryError::Defect.into()) };
    if state.catalog.kind(&described.name) == Some(TableKind::Data) {
        let message = format!("The server has data for a table '{}' already. Rename the file.", described.name);
        return Err(QueryError::Forbidden(message).into());
    }
    let columns = columns_of(&schema.columns);
    state.catalog.add_table(&described.name, schema, batches).await?;
    let notices: Vec<String> = described.notices.iter().map(|notice| scrub(notice)).collect();
    Ok(Answer(json!({
        "table": described.name, "text": editing::quoted(&described.name), "rows": described.rows, "columns": columns, "recognised": recognised(&described), "notices": notices,
    })))
}

/// The last part of a name, which shows the format and names the table.
fn file_name(name: &str) -> Result<String, Failure> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("").trim();
    let is_name =
        !last.is_empty() && !last.starts_with('.') && last.len() <= MAX_NAME && !last.chars().any(char::is_control);
    if is_name { Ok(last.to_owned()) } else { Err(Failure::wrong("The file needs a name, such as events.csv.")) }
}

/// The tables of a file, read into memory.
fn tables_of(name: &str, bytes: &Bytes, profile: Profile, room: usize) -> Result<Vec<Found>, QueryError> {
    let failed = |error: std::io::Error| {
        eprintln!("error: {error}");
        QueryError::Failed("The server could not store the file; its log says why.".to_owned())
    };
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).map_err(failed)?;
    let engine = opened(&path, profile).map_err(|error| QueryError::of(error, ""))?;
    let mut room = room;
    let tables = engine.data_tables().into_iter().map(|table| {
        let described = engine.describe_table(&table);
        if let Some(error) = &described.error {
            return Err(QueryError::Failed(scrub(error)));
        }
        if described.rows == 0 && described.refused > 0 {
            let reason = described.notices.first().map_or_else(String::new, |notice| format!(": {}", scrub(notice)));
            return Err(QueryError::Request(format!("No row of the file can be read{reason}")));
        }
        let (schema, batches) = read(&engine, &table, &mut room)?;
        Ok(Found { schema, batches, described })
    });
    tables.collect()
}

/// An engine with this file alone.
fn opened(path: &Path, profile: Profile) -> Result<Engine, Error> {
    Engine::builder().profile(profile).data(DataPath { name: None, path: path.to_owned() }).build()
}

/// All rows of a table, unless they need more than `room` bytes.
fn read(engine: &Engine, table: &str, room: &mut usize) -> Result<(TableSchema, Vec<RecordBatch>), QueryError> {
    let text = bracketed(table);
    let failed = |error: Error| QueryError::of(error, &text);
    let mut run = engine.start(&text, &CancellationToken::new()).map_err(failed)?;
    loop {
        let stream = run.take_streams().into_iter().next().ok_or(QueryError::Defect)?;
        let schema = stream.schema.clone();
        let (mut batches, mut left) = (Vec::new(), *room);
        for batch in stream.batches() {
            let batch = batch.map_err(failed)?;
            left = left.checked_sub(batch.get_array_memory_size()).ok_or_else(|| {
                QueryError::Limit(
                    "The rows of the file need more memory than the server has for ingested tables.".to_owned(),
                )
            })?;
            batches.push(batch);
        }
        match run.settle().map_err(failed)? {
            Settled::Stands(_) => {
                *room = left;
                return Ok((schema, batches));
            }
            Settled::Again(again) => run = again,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_folders() {
        let name = |text: &str| file_name(text).ok();
        assert_eq!(name("a.csv").as_deref(), Some("a.csv"));
        assert_eq!(name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(name("C:\\x\\b.json").as_deref(), Some("b.json"));
        for wrong in ["", "..", ".", "a/", "x\n.csv", ".bashrc"] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
    }
}
