//! Commands about tables.

use super::command::Command;
use super::context::Context;
use super::reply::Reply;
use super::schema;
use crate::catalog::{IfExists, TableKind, bracketed};
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest};
use crate::store::TableMeta;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use kql_engine::ScalarType::{Long, Real, String as Text};
use kql_parser::Kind;
use serde_json::{Value, json};

const NAMES: [(&str, kql_engine::ScalarType); 4] =
    [("TableName", Text), ("DatabaseName", Text), ("Folder", Text), ("DocString", Text)];

/// `.show tables`, `.show tables (A, B) details`; `None` for another one. The tables are those with rows, and those that
/// clients created.
pub async fn show(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    let mut wanted = Vec::new();
    if command.takes_kind(Kind::OpenParen) {
        while !command.takes_kind(Kind::CloseParen) {
            wanted.push(command.name()?);
            if command.is_over() {
                return Err(command.expected("')'"));
            }
            command.takes_kind(Kind::Comma);
        }
    }
    let tables = context.state.catalog.tables().into_iter().map(|(name, _)| name);
    let tables: Vec<String> = tables.filter(|name| wanted.is_empty() || wanted.contains(name)).collect();
    if command.takes("details") {
        return details(context, &tables).await.map(Some);
    }
    Ok(Some(Reply::of(&NAMES, tables.iter().map(|name| row(context, name)).collect())))
}

fn row(context: &Context<'_>, name: &str) -> Vec<Value> {
    let meta = context.state.catalog.ingested(name).unwrap_or_default();
    vec![json!(name), json!(context.database), json!(meta.folder), json!(meta.docstring)]
}

/// `.show table T`, `... details`, `... cslschema`, `... schema as json`; `None` for another one.
pub async fn show_one(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    let name = command.name()?;
    if context.state.catalog.kind(&name).is_none() {
        return Err(unknown(&name));
    }
    if command.takes("details") {
        return details(context, &[name]).await.map(Some);
    }
    if command.takes("cslschema") {
        return schema::of_table(context, &name).await.map(Some);
    }
    if command.takes("schema") {
        if command.takes_all(&["as", "json"]) {
            return schema::of_table_as_json(context, &name).await.map(Some);
        }
        return schema::of_table(context, &name).await.map(Some);
    }
    if command.takes("ingestion") || command.takes("policy") || command.takes("extents") {
        return Ok(None);
    }
    Ok(Some(schema::columns_of_table(context, &name).await?))
}

fn unknown(name: &str) -> QueryError {
    QueryError::NotFound(format!("Entity '{name}' of kind 'Table' was not found."))
}

async fn details(context: &Context<'_>, tables: &[String]) -> Result<Reply, QueryError> {
    let columns = [
        ("TableName", Text),
        ("DatabaseName", Text),
        ("Folder", Text),
        ("DocString", Text),
        ("TotalExtents", Long),
        ("TotalExtentSize", Real),
        ("TotalOriginalSize", Real),
        ("TotalRowCount", Long),
    ];
    let mut rows = Vec::new();
    for name in tables {
        let count = count(context, name).await?;
        let mut row = row(context, name);
        row.extend([json!(1), json!(0.0), json!(0.0), json!(count)]);
        rows.push(row);
    }
    Ok(Reply::of(&columns, rows))
}

/// The number of rows of a table.
async fn count(context: &Context<'_>, name: &str) -> Result<i64, QueryError> {
    let text = format!("{} | count", bracketed(name));
    let label = context.request.query.label.clone();
    let mut query = query_run::start(context.state, QueryRequest { text, label, ..QueryRequest::default() }).await?;
    let mut count = 0;
    while let Some(event) = query.next().await {
        match event {
            Event::Rows(batch) => {
                let found = batch.columns().first().and_then(|array| array.as_primitive_opt::<Int64Type>());
                count = found.and_then(|array| array.iter().next().flatten()).unwrap_or(0);
            }
            Event::Failed(error) => return Err(error),
            _ => {}
        }
    }
    Ok(count)
}

/// `.create table`, `.create-merge table`, `.alter table`, `.clear table`, `.drop table`; `None` for another one.
pub async fn change(context: &Context<'_>, command: &mut Command<'_>, verb: &str) -> Result<Option<Reply>, QueryError> {
    let catalog = &context.state.catalog;
    let name = command.name()?;
    match verb {
        "create" | "create-merge" => {
            let columns = command.columns()?;
            let properties = command.properties()?;
            command.end()?;
            let property = |wanted: &str| {
                let found = properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            if verb == "create-merge"
                && let Some(meta) = catalog.ingested(&name)
                && columns.columns.iter().any(|column| !meta.schema.columns.contains(column))
            {
                let message = format!("The table '{name}' exists with other columns, and columns cannot be added.");
                return Err(QueryError::Request(message));
            }
            let meta = TableMeta {
                name: name.clone(),
                schema: columns,
                folder: property("folder"),
                docstring: property("docstring"),
                rows: 0,
            };
            // a table that exists stays as it is, as Kusto does it
            catalog.create(meta, Vec::new(), IfExists::Keep).await?;
            schema::of_table(context, &name).await.map(Some)
        }
        "alter" => {
            let is_folder = command.takes("folder");
            if !is_folder && !command.takes("docstring") {
                return Ok(None);
            }
            let text = command.name()?;
            command.end()?;
            let (folder, docstring) = if is_folder { (Some(text), None) } else { (None, Some(text)) };
            catalog.describe(&name, folder, docstring).await?;
            Ok(Some(Reply::of(&NAMES, vec![row(context, &name)])))
        }
        "clear" => {
            if !command.takes("data") {
                return Err(command.expected("'data'"));
            }
            command.end()?;
            let meta = catalog.ingested(&name).ok_or_else(|| unknown(&name))?;
            catalog.create(meta, Vec::new(), IfExists::Replace).await?;
            Ok(Some(Reply::of(&NAMES, vec![row(context, &name)])))
        }
        "drop" => {
            let keeps = command.takes("ifexists");
            command.end()?;
            if !catalog.drop_table(&name).await? && !keeps {
                return Err(unknown(&name));
            }
            let left = catalog.tables().into_iter().filter(|(_, kind)| *kind == TableKind::Ingested);
            Ok(Some(Reply::of(&NAMES, left.map(|(name, _)| row(context, &name)).collect())))
        }
        _ => Ok(None),
    }
}
