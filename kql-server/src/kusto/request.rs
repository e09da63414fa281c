//! Requests of Kusto's clients: a text, a database, and properties.

use crate::body::{header_text, member};
use crate::options;
use crate::queries::Label;
use crate::query_error::QueryError;
use crate::query_run::QueryRequest;
use axum::http::HeaderMap;
use serde_json::Value;

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
    for (name, value) in options::of_text(text) {
        option(&mut request, &name, &value)?;
    }
    for (name, value) in member(&properties, "Parameters").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = parameter(value) {
            request.query.parameters.push((name.clone(), value));
        }
    }
    Ok(request)
}

/// Takes over one option.
fn option(request: &mut KustoRequest, name: &str, value: &Value) -> Result<(), QueryError> {
    if ["request_readonly", "request_readonly_hardline"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
        request.read_only = options::is_true(value);
    }
    options::apply(&mut request.query, name, value)
}

/// The value of a parameter as the engine expects it: without quotes and the name of its type.
fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(options::literal(text)),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

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
