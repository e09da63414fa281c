//! Requests of Kusto's clients: a text, a database, and properties.

use crate::body::{header_text, member};
use crate::queries::Label;
use crate::query_error::QueryError;
use crate::query_run::QueryRequest;
use axum::http::HeaderMap;
use kql_parser::ast::StatementKind;
use serde_json::Value;
use std::time::Duration;

/// A request: a query or a command.
#[derive(Clone, Debug, Default)]
pub struct KustoRequest {
    /// The text, its sender, and what it asks for.
    pub query: QueryRequest,
    /// Whether the client wants nothing to be changed.
    pub read_only: bool,
}

/// The longest name of a request.
const NAME: usize = 200;

/// Reads the body of a request. `properties` is a text of JSON from some clients, and an object from others.
pub fn read(headers: &HeaderMap, body: &Value) -> Result<KustoRequest, QueryError> {
    let wrong = |text: &str| QueryError::Request(text.to_owned());
    let Some(text) = member(body, "csl").and_then(Value::as_str) else {
        return Err(wrong("The request has no 'csl' with the text of a query or command."));
    };
    let properties = match member(body, "properties") {
        Some(Value::String(text)) if text.trim().is_empty() => Value::Null,
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|_| wrong("The 'properties' of the request are not valid JSON."))?
        }
        Some(value @ Value::Object(_)) => value.clone(),
        None | Some(Value::Null) => Value::Null,
        Some(_) => return Err(wrong("The 'properties' of the request are not an object.")),
    };
    let named = |name: &str| header_text(headers, name).map(|text| text.chars().take(NAME).collect::<String>());
    let id = named("x-ms-client-request-id")
        .or_else(|| member(&properties, "ClientRequestId")?.as_str().map(|t| t.chars().take(NAME).collect()));
    let label = Label {
        id,
        application: named("x-ms-app").unwrap_or_default(),
        user: named("x-ms-user").unwrap_or_default(),
        database: member(body, "db").and_then(Value::as_str).unwrap_or(crate::DATABASE).chars().take(NAME).collect(),
    };
    let mut request = KustoRequest {
        query: QueryRequest { text: text.to_owned(), label, ..QueryRequest::default() },
        read_only: false,
    };
    for (name, value) in member(&properties, "Options").and_then(Value::as_object).into_iter().flatten() {
        option(&mut request, name, value)?;
    }
    for (name, value) in settings(text) {
        option(&mut request, &name, &value)?;
    }
    for (name, value) in member(&properties, "Parameters").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = parameter(value) {
            request.query.parameters.push((name.clone(), value));
        }
    }
    Ok(request)
}

/// The options that the text itself sets, such as `set notruncation;`.
fn settings(text: &str) -> Vec<(String, Value)> {
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

/// Takes over one option. Those that mean nothing here are ignored, as Kusto does.
fn option(request: &mut KustoRequest, name: &str, value: &Value) -> Result<(), QueryError> {
    let query = &mut request.query;
    match name.to_ascii_lowercase().as_str() {
        "servertimeout" => query.timeout = Some(duration(name, value)?),
        "norequesttimeout" if is_true(value) => query.timeout = Some(Duration::MAX),
        "notruncation" => query.untruncated = is_true(value),
        "truncationmaxrecords" => query.max_rows = Some(count(name, value)?),
        "truncationmaxsize" => query.max_bytes = Some(count(name, value)?),
        "query_take_max_records" => query.take = Some(count(name, value)?),
        "query_now" => query.now = value.as_str().map(literal),
        "request_readonly" | "request_readonly_hardline" => request.read_only = is_true(value),
        "query_language" if value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("sql")) => {
            return Err(QueryError::Request("Queries in SQL are not supported.".to_owned()));
        }
        _ => {}
    }
    Ok(())
}

fn is_true(value: &Value) -> bool {
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

/// The value of a parameter as the engine expects it: without quotes and the name of its type.
fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(literal(text)),
        other => Some(other.to_string()),
    }
}

/// `datetime(2024-05-01)` without its type.
fn literal(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_suffix(')').and_then(|rest| rest.split_once('('));
    match inner {
        Some((ty, inner)) if kql_engine::ScalarType::from_name(ty.trim()).is_some() => inner.trim().to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: Value) -> KustoRequest {
        read(&HeaderMap::new(), &body).unwrap()
    }

    #[test]
    fn properties_are_a_text_or_an_object() {
        for timeout in ["0:01:00", "00:01:00.000", "00:01:00"] {
            let options =
                json!({"Options": {"servertimeout": timeout}, "Parameters": {"n": 5, "t": "datetime(2024-05-01)"}});
            for properties in [options.clone(), Value::String(options.to_string())] {
                let request = of(json!({"db": "d", "csl": "print 1", "properties": properties}));
                assert_eq!(request.query.timeout, Some(Duration::from_secs(60)), "{timeout}");
                let expected = [("n", "5"), ("t", "2024-05-01")].map(|(a, b)| (a.to_owned(), b.to_owned()));
                assert_eq!(request.query.parameters, expected);
            }
        }
        assert_eq!(of(json!({"csl": "print 1", "properties": null})).query.timeout, None);
    }

    #[test]
    fn what_is_not_a_request() {
        for body in [
            json!({}),
            json!([]),
            json!({"csl": 5}),
            json!({"csl": "x", "properties": "{"}),
            json!({"csl": "x", "properties": 3}),
        ] {
            assert!(read(&HeaderMap::new(), &body).is_err(), "{body}");
        }
    }
}
