//! Commands that add rows: `.ingest inline`, `.set`, `.append`, `.set-or-append`, `.set-or-replace`.

use super::command::Command;
use super::context::Context;
use super::reply::Reply;
use crate::ingest::{self, Adding, RowFormat};
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest};
use kql_engine::ScalarType::{Guid, Long, Real, String as Text};
use kql_engine::TableSchema;
use serde_json::json;

/// Runs such a command.
pub async fn run(context: &Context<'_>, command: &mut Command<'_>, verb: &str) -> Result<Reply, QueryError> {
    let count = if verb == "ingest" { inline(context, command).await? } else { result(context, command, verb).await? };
    let columns =
        [("ExtentId", Guid), ("OriginalSize", Real), ("ExtentSize", Real), ("RowCount", Long), ("Details", Text)];
    let row = vec![json!(uuid::Uuid::new_v4().to_string()), json!(0.0), json!(0.0), json!(count), json!("")];
    Ok(Reply::of(&columns, vec![row]))
}

/// `.ingest inline into table T with (...) <| rows`
async fn inline(context: &Context<'_>, command: &mut Command<'_>) -> Result<u64, QueryError> {
    if !command.takes("inline") {
        let message = "Only '.ingest inline' is supported: the server reads no files that a client names.";
        return Err(QueryError::Request(message.to_owned()));
    }
    if !command.takes_all(&["into", "table"]) {
        return Err(command.expected("'into table'"));
    }
    let table = command.name()?;
    let mut format = RowFormat::Csv;
    let mut skips_first = false;
    let bracketed = (command.rest().trim_start().starts_with('[')).then(|| command.rest());
    for (name, value) in command.properties()? {
        match name.to_ascii_lowercase().as_str() {
            "format" => {
                format = RowFormat::of_name(&value).ok_or_else(|| {
                    QueryError::Request(format!(
                        "The format '{value}' is not supported; use csv, tsv, json or multijson."
                    ))
                })?;
            }
            "ignorefirstrecord" => skips_first = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    let rows = match bracketed {
        Some(rest) => bracketed_rows(rest)?,
        None => command.data()?.to_owned(),
    };
    // the line of the command ends before the first row
    let rows = rows.trim_start_matches([' ', '\t']);
    let rows = rows.strip_prefix("\r\n").or_else(|| rows.strip_prefix('\n')).unwrap_or(rows);
    ingest::append_text(context.state, &table, format, rows.as_bytes(), skips_first).await
}

/// The rows of `.ingest inline into table T [a, 1] [b, 2]`, one in a line.
fn bracketed_rows(text: &str) -> Result<String, QueryError> {
    let mut rows = String::new();
    let (mut depth, mut is_quoted) = (0_usize, false);
    for c in text.chars() {
        match c {
            '"' if depth > 0 => is_quoted = !is_quoted,
            '[' if !is_quoted => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ']' if !is_quoted && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    rows.push('\n');
                    continue;
                }
            }
            c if depth == 0 && !c.is_whitespace() => {
                return Err(QueryError::Request(format!("Syntax error: expected a row in brackets, but found '{c}'.")));
            }
            _ => {}
        }
        if depth > 0 {
            rows.push(c);
        }
    }
    if depth > 0 {
        return Err(QueryError::Request("Syntax error: expected ']' at the end of a row.".to_owned()));
    }
    Ok(rows)
}

/// `.set-or-append T <| query`
async fn result(context: &Context<'_>, command: &mut Command<'_>, verb: &str) -> Result<u64, QueryError> {
    let how = match verb {
        "set" => Adding::New,
        "append" => Adding::Existing,
        "set-or-replace" => Adding::Instead,
        _ => Adding::Any,
    };
    command.takes("async");
    command.takes("table");
    let table = command.name()?;
    let properties = command.properties()?;
    let text = command.data()?.to_owned();
    let limit = context.state.settings.limits.ingested as u64;
    let request = QueryRequest {
        text,
        untruncated: true,
        max_bytes: Some(context.request.query.max_bytes.unwrap_or(limit).min(limit)),
        ..context.request.query.clone()
    };
    let mut query = query_run::start(context.state, request).await?;
    if query.tables().len() > 1 {
        let message =
            format!("The query has {} results; only one can become the rows of a table.", query.tables().len());
        return Err(QueryError::Request(message));
    }
    let mut batches = Vec::new();
    let mut schema = None;
    while let Some(event) = query.next().await {
        match event {
            Event::Table(found) => schema = Some(TableSchema { columns: found.columns }),
            Event::Rows(batch) => batches.push(batch),
            Event::Failed(error) => return Err(error),
            Event::TableEnd | Event::Done(_) => {}
        }
    }
    drop(query);
    let schema = schema.ok_or_else(|| QueryError::Request("The query returns no table.".to_owned()))?;
    let count = ingest::append_result(context.state, &table, schema, batches, how).await?;
    let property = |wanted: &str| {
        properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.clone())
    };
    let (folder, docstring) = (property("folder"), property("docstring"));
    if folder.is_some() || docstring.is_some() {
        context.state.catalog.describe(&table, folder, docstring).await?;
    }
    Ok(count)
}
