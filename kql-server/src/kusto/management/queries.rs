//! Commands about queries: `.show queries`, `.cancel query`.

use super::command::Command;
use super::context::Context;
use super::reply::Reply;
use crate::clock;
use crate::metrics::Outcome;
use crate::query_error::QueryError;
use kql_engine::ScalarType::{Bool, Datetime, Dynamic, Guid, Long, String as Text, Timespan};
use serde_json::{Value, json};

/// `.show queries`: those that run, and the last ones that ran.
pub fn show(context: &Context<'_>) -> Reply {
    let columns = [
        ("ClientActivityId", Text),
        ("Text", Text),
        ("Database", Text),
        ("StartedOn", Datetime),
        ("LastUpdatedOn", Datetime),
        ("Duration", Timespan),
        ("State", Text),
        ("RootActivityId", Guid),
        ("User", Text),
        ("FailureReason", Text),
        ("Application", Text),
        ("RowCount", Long),
        ("ClientRequestProperties", Dynamic),
    ];
    let rows = context.state.queries.records().into_iter().map(|record| {
        let state = match record.outcome {
            None => "InProgress",
            Some(Outcome::Completed) => "Completed",
            Some(Outcome::Failed) => "Failed",
            Some(Outcome::Cancelled) => "Cancelled",
        };
        vec![
            json!(record.id),
            json!(record.text),
            json!(record.label.database),
            json!(clock::text(record.started)),
            json!(clock::text(record.started + record.elapsed)),
            json!(clock::duration(record.elapsed)),
            json!(state),
            json!(record.activity),
            json!(record.label.user),
            json!(record.failure),
            json!(record.label.application),
            json!(record.rows),
            Value::Null,
        ]
    });
    Reply::of(&columns, rows.collect())
}

/// `.cancel query "id"`; `None` for another thing to cancel.
pub fn cancel(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    if !command.takes("query") {
        return Ok(None);
    }
    let id = command.name()?;
    let is_cancelled = context.state.queries.cancel(&id);
    let columns = [("ClientRequestId", Text), ("RequestExists", Bool), ("IsCancelled", Bool)];
    Ok(Some(Reply::of(&columns, vec![vec![json!(id), json!(is_cancelled), json!(is_cancelled)]])))
}
