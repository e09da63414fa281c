//! Commands: what clients ask about the server and its tables, and what they change.

mod command;
mod context;
mod data;
mod functions;
mod queries;
mod reply;
mod schema;
mod tables;

pub use reply::Reply;

use super::request::KustoRequest;
use crate::query_error::QueryError;
use crate::state::{AppState, DATABASE};
use command::Command;
use context::Context;
use kql_engine::ScalarType;
use serde_json::json;
use std::sync::Arc;

/// Runs a command. What follows a pipe is a query over its result.
pub async fn run(state: &Arc<AppState>, request: &KustoRequest) -> Result<Reply, QueryError> {
    let database = request.query.label.database.as_str();
    let database = if database.is_empty() { DATABASE } else { database };
    let context = Context { state, request, database };
    let text = request.query.text.as_str();
    let (head, query) = command::split(text);
    let reply = answer(&context, &mut Command::of(head)).await?;
    match query {
        None => Ok(reply),
        Some(query) => reply.piped(state, &request.query, query).await,
    }
}

async fn answer(context: &Context<'_>, command: &mut Command<'_>) -> Result<Reply, QueryError> {
    let verb = command.verb().to_ascii_lowercase();
    let reply = match verb.as_str() {
        "show" => {
            let reply = show(context, command).await?;
            if reply.is_some() {
                command.properties()?;
                command.end()?;
            }
            reply.or_else(|| nothing(command))
        }
        "cancel" => queries::cancel(context, command)?,
        "create" | "create-merge" | "create-or-alter" | "alter" | "alter-merge" | "drop" | "clear" => {
            context.writable()?;
            change(context, command, &verb).await?
        }
        "ingest" | "set" | "append" | "set-or-append" | "set-or-replace" => {
            context.writable()?;
            Some(data::run(context, command, &verb).await?)
        }
        _ => None,
    };
    reply.ok_or_else(|| {
        let start: String = command.text().chars().take(60).collect();
        QueryError::Request(format!("The command '{}' is not supported by this server.", start.trim()))
    })
}

/// Commands that show something; `None` for an unknown one.
async fn show(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    if command.takes("version") {
        return Ok(Some(version()));
    }
    if command.takes("queries") || command.takes("running") {
        return Ok(Some(queries::show(context)));
    }
    if command.takes("functions") {
        return Ok(Some(functions::show(context, None)?));
    }
    if command.takes("function") {
        let name = command.name()?;
        return Ok(Some(functions::show(context, Some(&name))?));
    }
    if command.takes("tables") {
        return tables::show(context, command).await;
    }
    if command.takes("table") {
        return tables::show_one(context, command).await;
    }
    if command.takes("databases") {
        return schema::databases(context, command).await;
    }
    if command.takes("database") || command.takes("cluster") {
        return schema::database(context, command).await;
    }
    if command.takes("schema") {
        return schema::schema(context, command, context.database).await;
    }
    Ok(None)
}

/// Things that clients ask for and that are not there, whatever else they say about them.
fn nothing(command: &mut Command<'_>) -> Option<Reply> {
    use ScalarType::{Datetime, Dynamic, Guid, String as Text};
    if command.takes("operations") {
        let columns = [("OperationId", Guid), ("Operation", Text), ("StartedOn", Datetime), ("State", Text)];
        return Some(Reply::of(&columns, Vec::new()));
    }
    if command.takes("materialized-views") || command.takes_all(&["external", "tables"]) {
        let columns =
            [("TableName", Text), ("Name", Text), ("Folder", Text), ("DocString", Text), ("Properties", Dynamic)];
        return Some(Reply::of(&columns, Vec::new()));
    }
    if command.takes_all(&["ingestion", "mappings"]) {
        let columns = [("Name", Text), ("Kind", Text), ("Mapping", Text), ("Database", Text), ("Table", Text)];
        return Some(Reply::of(&columns, Vec::new()));
    }
    if command.takes("principal") || command.takes("principals") {
        let columns = [("Scope", Text), ("DisplayName", Text), ("AADObjectID", Text), ("Role", Text)];
        return Some(Reply::of(&columns, Vec::new()));
    }
    None
}

/// Commands that change something; `None` for an unknown one.
async fn change(context: &Context<'_>, command: &mut Command<'_>, verb: &str) -> Result<Option<Reply>, QueryError> {
    if command.takes("function") {
        return functions::change(context, command, verb).await;
    }
    if command.takes("table") {
        return tables::change(context, command, verb).await;
    }
    Ok(None)
}

fn version() -> Reply {
    use ScalarType::{Datetime, String as Text};
    let columns = [
        ("BuildVersion", Text),
        ("BuildTime", Datetime),
        ("ServiceType", Text),
        ("ProductVersion", Text),
        ("ServiceOffering", Text),
    ];
    let version = env!("CARGO_PKG_VERSION");
    let row = vec![
        json!(format!("{version}.0")),
        json!("2026-01-01T00:00:00Z"),
        json!("Engine"),
        json!(format!("KQL {version}")),
        json!("{\"Type\":\"Kql\"}"),
    ];
    Reply::of(&columns, vec![row])
}
