//! Values of test files as values of KQL types: literals of KQL, or JSON.

use crate::yaml::{Kind, Node};
use arrow::array::ArrayRef;
use kql_engine::ScalarType;
use kql_engine::datafusion::common::ScalarValue;
use kql_engine::value::Value;
use kql_engine::{Engine, cell};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::HashMap;

/// Computes values; expressions such as `now-1h` are computed by the engine, once each.
pub(super) struct Values<'e> {
    engine: &'e Engine,
    /// Whether the time of the test is fixed.
    pinned: bool,
    expressions: RefCell<HashMap<(String, ScalarType), Result<Value, String>>>,
}

impl<'e> Values<'e> {
    /// Values at the time of the engine.
    pub fn new(engine: &'e Engine) -> Values<'e> {
        Values { engine, pinned: engine.has_fixed_time(), expressions: RefCell::default() }
    }

    /// The value of a node as one of the type. The error is a sentence without its end.
    pub fn of(&self, node: &Node, ty: ScalarType) -> Result<Value, String> {
        if node.is_null() {
            return Ok(Value::missing(ty));
        }
        if ty == ScalarType::Dynamic {
            if let Some(text) = node.text().filter(|text| text.starts_with("dynamic(") && is_call(text)) {
                return self.expression(text, ty);
            }
            return Ok(Value::Text(self.json(node).to_string()));
        }
        let Some(text) = node.text() else {
            if ty == ScalarType::String {
                // a column of texts often has JSON in it
                return Ok(Value::Text(self.json(node).to_string()));
            }
            return Err(format!("expected a {ty}, not {}", node.noun()));
        };
        let trimmed = text.trim();
        let wrong = || format!("'{text}' is not a {ty}");
        match ty {
            ScalarType::String | ScalarType::Unknown => {
                // only a plain word means the time: a text in quotes is a text
                if is_plain(node) && trimmed.starts_with("now") && is_time(trimmed) {
                    return self.expression(&format!("tostring({})", call_of_now(trimmed)), ty);
                }
                Ok(Value::Text(text.to_owned()))
            }
            ScalarType::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Value::Bool(true)),
                "false" | "0" => Ok(Value::Bool(false)),
                _ => Err(wrong()),
            },
            ScalarType::Int => match trimmed.parse() {
                Ok(n) => Ok(Value::Int(n)),
                Err(_) if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
                Err(_) => Err(wrong()),
            },
            ScalarType::Long => match trimmed.parse() {
                Ok(n) => Ok(Value::Long(n)),
                Err(_) if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
                Err(_) => Err(wrong()),
            },
            ScalarType::Real => match trimmed.parse() {
                Ok(x) if f64::is_infinite(x) && trimmed.contains(|c: char| c.is_ascii_digit()) => Err(wrong()),
                Ok(x) => Ok(Value::Real(x)),
                Err(_) if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
                Err(_) => Err(wrong()),
            },
            ScalarType::Datetime => match kql_parser::time::parse_datetime(trimmed) {
                Some(ticks) => Ok(Value::Long(ticks)),
                None if is_time(trimmed) || is_call(trimmed) => {
                    let computed = self.expression(&call_of_now(trimmed), ty);
                    computed.map_err(|reason| if reason.contains("'now'") { reason } else { wrong() })
                }
                None => Err(wrong()),
            },
            ScalarType::Timespan => match kql_parser::time::parse_timespan(trimmed) {
                Some(ticks) => Ok(Value::Long(ticks)),
                None if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
                None => Err(wrong()),
            },
            ScalarType::Decimal if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
            ScalarType::Guid if is_call(trimmed) => self.expression(trimmed, ty).map_err(|_| wrong()),
            ScalarType::Decimal => self.expression(&format!("decimal({trimmed})"), ty).map_err(|_| wrong()),
            ScalarType::Guid => {
                self.expression(&format!("toguid('{}')", trimmed.replace(['\'', '\\'], "")), ty).map_err(|_| wrong())
            }
            ScalarType::Dynamic => Ok(Value::Null),
        }
    }

    /// A value of a column that no schema declares: its type follows from how it is written.
    pub fn natural_type(&self, node: &Node) -> ScalarType {
        let Some(text) = node.text() else { return ScalarType::Dynamic };
        if !is_plain(node) {
            return if kql_parser::time::parse_datetime(text).is_some() && text.len() >= 10 && text.contains('-') {
                ScalarType::Datetime
            } else {
                ScalarType::String
            };
        }
        if matches!(text, "true" | "false") {
            ScalarType::Bool
        } else if text.parse::<i64>().is_ok() {
            ScalarType::Long
        } else if text.parse::<f64>().is_ok() && text.bytes().any(|b| b.is_ascii_digit()) {
            ScalarType::Real
        } else if is_time(text)
            || (text.len() >= 10 && text.contains('-') && kql_parser::time::parse_datetime(text).is_some())
        {
            ScalarType::Datetime
        } else {
            ScalarType::String
        }
    }

    /// A node as JSON; texts such as `now-1h` in it stay texts.
    pub fn json(&self, node: &Node) -> Json {
        match &node.kind {
            _ if node.is_null() => Json::Null,
            Kind::Scalar { text, plain: true, .. } => match text.as_str() {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                _ => match serde_json::from_str::<Json>(text) {
                    Ok(number @ Json::Number(_)) => number,
                    _ => Json::String(text.clone()),
                },
            },
            Kind::Scalar { text, .. } => match serde_json::from_str::<Json>(text) {
                Ok(nested @ (Json::Object(_) | Json::Array(_))) => nested,
                _ => Json::String(text.clone()),
            },
            Kind::List(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Kind::Map(entries) => {
                let pairs = entries.iter().map(|(k, v)| (k.text().unwrap_or_default().to_owned(), self.json(v)));
                Json::Object(pairs.collect())
            }
        }
    }

    /// The value of an expression of KQL.
    fn expression(&self, text: &str, ty: ScalarType) -> Result<Value, String> {
        let key = (text.to_owned(), ty);
        if let Some(known) = self.expressions.borrow().get(&key) {
            return known.clone();
        }
        let computed = self.computed(text, ty);
        self.expressions.borrow_mut().insert(key, computed.clone());
        computed
    }

    fn computed(&self, text: &str, ty: ScalarType) -> Result<Value, String> {
        if !self.pinned && (text.contains("now(") || text.contains("ago(")) {
            return Err("a time relative to now needs the key 'now' in the test file".to_owned());
        }
        if text.contains(['|', ';']) {
            return Err(format!("'{text}' is not a value"));
        }
        let answer = self.engine.query(&format!("print v = to{ty}({text})")).map_err(|error| error.to_string())?;
        let column: Option<ArrayRef> = answer
            .tables
            .first()
            .and_then(|table| table.batches.iter().find(|batch| batch.num_rows() > 0))
            .map(|batch| batch.column(0).clone());
        match column.and_then(|array| Value::first(&array)) {
            Some(Value::Null) | None => Err(format!("'{text}' is not a {ty}")),
            Some(value) => Ok(value),
        }
    }
}

/// Whether a scalar is written without quotes.
pub(super) fn is_plain(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar { plain: true, .. })
}

/// Whether a text is a call, such as `datetime(2026-03-10)` or `long(0x1F)`.
fn is_call(text: &str) -> bool {
    let name = text.split('(').next().unwrap_or_default();
    text.ends_with(')') && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a text is a time relative to `now`: `now`, `now-1h`, `now()+5m`, `ago(1h)`.
pub(super) fn is_time(text: &str) -> bool {
    let after = text.strip_prefix("now").map(|rest| rest.trim_start_matches("()").trim_start());
    match after {
        Some(rest) => rest.is_empty() || rest.starts_with(['+', '-']),
        None => text.starts_with("ago(") && text.ends_with(')'),
    }
}

/// `now-1h` as an expression of KQL. The sign of a span has blanks around it, or it would be part of a name.
fn call_of_now(text: &str) -> String {
    match text.strip_prefix("now") {
        Some(rest) if is_time(text) => {
            let rest = rest.trim_start_matches("()").replace('-', " - ").replace('+', " + ");
            format!("now(){rest}")
        }
        _ => text.to_owned(),
    }
}

/// Arrow's scalar of a value.
pub(super) fn scalar(value: &Value, ty: ScalarType) -> ScalarValue {
    value.to_scalar(ty)
}

/// A value as it is shown in tables.
pub(super) fn shown(value: &Value, ty: ScalarType) -> String {
    let mut out = String::new();
    if let Ok(array) = value.to_scalar(ty).to_array() {
        cell::text(&array, ty, 0, &mut out);
    }
    out
}
