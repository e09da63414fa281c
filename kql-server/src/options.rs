//! The options of a query, which a request sets in its properties, and a text with `set`. All protocols take them.
//!
//! <https://learn.microsoft.com/kusto/api/rest/request-properties>

use crate::query_error::QueryError;
use crate::query_run::QueryRequest;
use kql_parser::ast::StatementKind;
use serde_json::Value;
use std::time::Duration;

/// The options that the text itself sets, such as `set notruncation;`.
pub fn of_text(text: &str) -> Vec<(String, Value)> {
    if !text.contains("set") {
        return Vec::new();
    }
    let statements = kql_parser::parse(text).query.statements.into_iter();
    let set = statements.filter_map(|statement| match statement.kind {
        StatementKind::Set(name, None) => Some((name.text, Value::Bool(true))),
        StatementKind::Set(name, Some(value)) => {
            let value = value.span.text(text).trim_matches(['"', '\'']);
            Some((name.text, Value::String(value.to_owned())))
        }
        _ => None,
    });
    set.collect()
}

/// A request with the options that its text sets.
///
/// # Errors
/// Those of [`apply`].
pub fn with_text(mut query: QueryRequest) -> Result<QueryRequest, QueryError> {
    for (name, value) in of_text(&query.text) {
        apply(&mut query, &name, &value)?;
    }
    Ok(query)
}

/// Takes over one option. Those that mean nothing here are ignored, as Kusto does.
///
/// # Errors
/// [`QueryError::Request`] if its value is not valid.
pub fn apply(query: &mut QueryRequest, name: &str, value: &Value) -> Result<(), QueryError> {
    match name.to_ascii_lowercase().as_str() {
        "servertimeout" => query.timeout = Some(duration(name, value)?),
        "norequesttimeout" if is_true(value) => query.timeout = Some(Duration::MAX),
        "notruncation" => query.untruncated = is_true(value),
        "truncationmaxrecords" => query.max_rows = Some(count(name, value)?),
        "truncationmaxsize" => query.max_bytes = Some(count(name, value)?),
        "query_take_max_records" => {
            let rows = count(name, value)?;
            query.take = Some(query.take.map_or(rows, |most| most.min(rows)));
        }
        "query_now" => {
            let text = value.as_str().ok_or_else(|| {
                QueryError::Request(format!("The option '{name}' is not a datetime such as 2026-03-10T12:00:00Z."))
            })?;
            query.now = Some(literal(text));
        }
        "query_language" if value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("sql")) => {
            return Err(QueryError::Request("Queries in SQL are not supported.".to_owned()));
        }
        _ => {}
    }
    Ok(())
}

/// Whether a value of an option says yes.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

fn count(name: &str, value: &Value) -> Result<u64, QueryError> {
    let found = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    found.ok_or_else(|| QueryError::Request(format!("The option '{name}' is not a whole number.")))
}

fn duration(name: &str, value: &Value) -> Result<Duration, QueryError> {
    let text = value.as_str().map(literal).unwrap_or_default();
    let ticks = kql_parser::time::parse_timespan(&text).and_then(|ticks| u64::try_from(ticks).ok());
    match ticks {
        Some(ticks) if ticks > 0 => Ok(Duration::from_micros(ticks / 10)),
        _ => Err(QueryError::Request(format!("The option '{name}' is not a timespan such as 00:04:00."))),
    }
}

/// `datetime(2024-05-01)` without its type.
pub fn literal(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_suffix(')').and_then(|rest| rest.split_once('('));
    match inner {
        Some((ty, inner)) if kql_engine::ScalarType::from_name(ty.trim()).is_some() => inner.trim().to_owned(),
        _ => text.to_owned(),
    }
}
