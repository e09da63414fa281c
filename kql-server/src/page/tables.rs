//! The tables beside the editor: their columns, some rows, and counts when they are asked for.

use super::answer::{Answer, Ask, Failure, blocking};
use super::editing::columns_of;
use super::rows;
use super::run::request;
use crate::catalog::{TableKind, bracketed};
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest};
use crate::scrub::scrub;
use crate::state::AppState;
use arrow::array::RecordBatch;
use axum::extract::State;
use kql_engine::{Column, TableDescription, editing};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows of a sample.
const SAMPLE: u64 = 10;
/// The most frequent values of a column that are shown.
const VALUES: u64 = 20;

/// A table.
#[derive(Deserialize)]
pub struct Named {
    name: String,
}

/// A column.
#[derive(Deserialize)]
pub struct ColumnOf {
    table: String,
    column: String,
}

fn kind_name(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Data => "data",
        TableKind::Ingested => "ingested",
        TableKind::Schema => "schema",
    }
}

/// All tables; those with rows have their columns, too.
pub async fn tables(State(state): State<Arc<AppState>>) -> Result<Answer<Value>, Failure> {
    let engine = state.catalog.engine().await?;
    let with_rows = state.catalog.tables();
    blocking(move || {
        let mut found: Vec<Value> = Vec::new();
        let names: BTreeSet<&String> = with_rows.iter().map(|(name, _)| name).collect();
        for (name, kind) in &with_rows {
            let columns = match engine.table_schema(name) {
                Some(Ok(schema)) => columns_of(&schema.columns),
                _ => Vec::new(),
            };
            found.push(
                json!({"name": name, "text": editing::quoted(name), "kind": kind_name(*kind), "columns": columns}),
            );
        }
        for name in engine.table_names().iter().filter(|name| !names.contains(name)) {
            found.push(json!({"name": name, "text": editing::quoted(name), "kind": kind_name(TableKind::Schema)}));
        }
        Answer(Value::Array(found))
    })
    .await
}

/// The columns of a table, and some of its rows.
pub async fn table(
    State(state): State<Arc<AppState>>,
    Ask(Named { name }): Ask<Named>,
) -> Result<Answer<Value>, Failure> {
    let kind = state.catalog.kind(&name).ok_or_else(|| unknown(&name))?;
    let engine = state.catalog.engine().await?;
    let known = name.clone();
    let schema = blocking(move || engine.table_schema(&known)).await?.ok_or_else(|| unknown(&name))?;
    let schema = schema.map_err(|error| QueryError::Failed(scrub(&error.to_string())))?;
    let sample = match kind {
        TableKind::Schema => Vec::new(),
        TableKind::Data | TableKind::Ingested => {
            let (columns, batches) = first(&state, bracketed(&name), SAMPLE).await?;
            rows::table(&batches, &columns)
        }
    };
    Ok(Answer(
        json!({"name": name, "text": editing::quoted(&name), "kind": kind_name(kind), "columns": columns_of(&schema.columns), "sample": sample}),
    ))
}

/// What a table is made of. All of it is read.
pub async fn describe(
    State(state): State<Arc<AppState>>,
    Ask(Named { name }): Ask<Named>,
) -> Result<Answer<Value>, Failure> {
    if !state.catalog.tables().iter().any(|(known, _)| *known == name) {
        return Err(unknown(&name).into());
    }
    let engine = state.catalog.engine().await?;
    let asked = request(format!("// rows of {name}"), None, None);
    // it counts as a query, so that not too many run at once
    let admission = state.queries.admit(&asked.text, &asked.label, state.settings.limits.timeout).await?;
    let described = blocking(move || {
        let described = engine.describe_table(&name);
        drop(admission);
        described
    });
    Ok(Answer(about(&described.await?)))
}

/// A description as JSON.
pub fn about(table: &TableDescription) -> Value {
    let time = table.time.as_ref().map(|(column, from, to)| {
        let text = kql_parser::time::datetime_text;
        format!("{column} from {}Z to {}Z", text(*from), text(*to))
    });
    let notices: Vec<String> = table.notices.iter().map(|notice| scrub(notice)).collect();
    json!({
        "rows": table.rows, "recognised": recognised(table), "notices": notices, "time": time,
        "error": table.error.as_deref().map(scrub),
    })
}

/// What the files of a table were recognised as, and how their columns fit a known table.
pub fn recognised(table: &TableDescription) -> Vec<String> {
    let mut lines: Vec<String> = table
        .files
        .iter()
        .map(|file| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let rows = if file.rows > 0 { format!(", {} rows", file.rows) } else { String::new() };
            format!("{name}: {}{rows}", file.format)
        })
        .collect();
    if table.refused > 0 {
        lines.push(format!("{} damaged rows are skipped", table.refused));
    }
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(", ");
    if table.declared {
        lines.push(format!("a known table: {} of its columns have data", table.matched.len()));
        if !table.unmatched.is_empty() {
            lines.push(format!("columns that the known table lacks: {}", names(&table.unmatched)));
        }
    }
    lines
}

/// How much of a column is filled, and its most frequent values.
pub async fn column(State(state): State<Arc<AppState>>, Ask(asked): Ask<ColumnOf>) -> Result<Answer<Value>, Failure> {
    let (table, column) = (bracketed(&asked.table), bracketed(&asked.column));
    let counts =
        format!("{table} | summarize count(), countif(isnotempty(tostring({column}))), dcount(tostring({column}))");
    let (columns, batches) = first(&state, counts, 1).await?;
    let found: Vec<u64> = rows::table(&batches, &columns)
        .first()
        .map(|row| row.iter().map(|cell| cell.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0)).collect())
        .unwrap_or_default();
    let values = format!("{table} | summarize Rows = count() by Value = tostring({column}) | top {VALUES} by Rows");
    let (columns, batches) = first(&state, values, VALUES).await?;
    let values: Vec<Value> = rows::table(&batches, &columns)
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            let (value, count) = (cells.next()?, cells.next()??);
            Some(json!({"value": value.unwrap_or_default(), "count": count.parse::<u64>().unwrap_or(0)}))
        })
        .collect();
    let number = |n: usize| found.get(n).copied().unwrap_or(0);
    Ok(Answer(json!({"rows": number(0), "filled": number(1), "distinct": number(2), "values": values})))
}

/// The first rows of a query's first result.
async fn first(state: &Arc<AppState>, text: String, take: u64) -> Result<(Vec<Column>, Vec<RecordBatch>), QueryError> {
    let asked = QueryRequest { take: Some(take), ..request(text, None, None) };
    let mut query = query_run::start(state, asked).await?;
    let (mut columns, mut batches) = (Vec::new(), Vec::new());
    while let Some(event) = query.next().await {
        match event {
            Event::Table(table) => columns = table.columns,
            Event::Rows(batch) => batches.push(batch),
            Event::Failed(error) => return Err(error),
            Event::TableEnd | Event::Done(_) => break,
        }
    }
    Ok((columns, batches))
}

fn unknown(name: &str) -> QueryError {
    QueryError::NotFound(format!("There is no table '{name}'."))
}
