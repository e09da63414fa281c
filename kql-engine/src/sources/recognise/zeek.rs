//! Logs of Zeek in its own format: a header of lines that begin with `#`, then values separated by tabs.
//!
//! | `#types` | the column is |
//! | --- | --- |
//! | `time` | datetime |
//! | `interval`, `double` | real; an interval is in seconds, as in Zeek's JSON |
//! | `count`, `int`, `port` | long |
//! | `bool` (`T`, `F`) | bool |
//! | `set[…]`, `vector[…]` | dynamic, an array |
//! | others | string |
//!
//! `#path` names the table. An unset value (`-`) is null, an empty one (`(empty)`) the empty string or array. A
//! header in the middle of a file, as in concatenated logs, is valid from there on.

use super::super::error::RowError;
use super::error::RecordError;
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use crate::types::ScalarType;
use kql_parser::time::datetime_text;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) static LOG: Wrapped = Wrapped { name: "Zeek log", unwrap, texts: false, inside: None };

/// The content of the header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    separator: String,
    sets: String,
    empty: String,
    unset: String,
    path: Option<Arc<str>>,
    fields: Vec<String>,
    types: Vec<String>,
    /// Whether the types of the columns were reported.
    types_reported: bool,
}

impl Default for Header {
    fn default() -> Header {
        Header {
            separator: "\t".to_owned(),
            sets: ",".to_owned(),
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            path: None,
            fields: Vec::new(),
            types: Vec::new(),
            types_reported: false,
        }
    }
}

fn unwrap(line: &str, _: &Known, out: &mut Out) -> Result<(), RecordError> {
    let line = line.trim_start_matches('\u{feff}');
    let header = out.zeek.get_or_insert_with(Header::default);
    if let Some(directive) = line.strip_prefix('#') {
        return header.directive(directive);
    }
    if header.fields.is_empty() {
        return Err(RecordError::NoFields);
    }
    if !header.types_reported {
        header.types_reported = true;
        for (field, ty) in header.fields.iter().zip(&header.types) {
            out.types.push((header.path.clone(), field.clone(), column_type(ty)));
        }
    }
    let values: Vec<&str> = line.split(header.separator.as_str()).collect();
    if values.len() != header.fields.len() {
        return Err(RowError::Fields { found: values.len(), wanted: header.fields.len() }.into());
    }
    let mut row = Map::new();
    for (i, (field, value)) in header.fields.iter().zip(values).enumerate() {
        let ty = header.types.get(i).map_or("string", String::as_str);
        row.insert(field.clone(), header.value(value, ty));
    }
    out.rows.push((header.path.clone(), Value::Object(row).to_string()));
    Ok(())
}

impl Header {
    fn directive(&mut self, line: &str) -> Result<(), RecordError> {
        let (name, rest) = line.split_at(line.find([' ', '\t']).unwrap_or(line.len()));
        let value = rest.get(1..).unwrap_or_default();
        let words = || rest.split(self.separator.as_str()).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        match name {
            "separator" => *self = Header { separator: plain(value.trim()).into_owned(), ..Header::default() },
            "set_separator" if !value.is_empty() => self.sets = plain(value).into_owned(),
            "empty_field" => value.clone_into(&mut self.empty),
            "unset_field" => value.clone_into(&mut self.unset),
            "path" => self.path = Some(value.trim()).filter(|path| !path.is_empty()).map(Into::into),
            "fields" => {
                self.fields = words();
                self.types_reported = false;
            }
            "types" => {
                self.types = words();
                self.types_reported = false;
            }
            "set_separator" | "open" | "close" => {}
            _ => return Err(RecordError::ZeekHeader(name.to_owned())),
        }
        Ok(())
    }

    fn value(&self, text: &str, ty: &str) -> Value {
        if text == self.unset {
            return Value::Null;
        }
        let inner = ty.split_once('[').and_then(|(_, inner)| inner.strip_suffix(']'));
        match inner {
            Some(_) if text == self.empty => Value::Array(Vec::new()),
            Some(inner) => text.split(self.sets.as_str()).map(|item| self.value(item, inner)).collect(),
            None if text == self.empty => Value::String(String::new()),
            None => scalar(text, ty),
        }
    }
}

fn column_type(ty: &str) -> ScalarType {
    match ty {
        "time" => ScalarType::Datetime,
        "interval" | "double" => ScalarType::Real,
        "count" | "int" | "port" => ScalarType::Long,
        "bool" => ScalarType::Bool,
        ty if ty.contains('[') => ScalarType::Dynamic,
        _ => ScalarType::String,
    }
}

fn scalar(text: &str, ty: &str) -> Value {
    let value = match ty {
        "time" => crate::sources::dates::epoch(text).map(|(ticks, _)| Value::String(datetime_text(ticks) + "Z")),
        "interval" | "double" => text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        "count" | "int" | "port" => text.parse::<i64>().ok().map(Value::from),
        "bool" => match text {
            "T" => Some(true.into()),
            "F" => Some(false.into()),
            _ => None,
        },
        _ => None,
    };
    // a value that does not fit its type is counted when the column is built
    value.unwrap_or_else(|| Value::String(plain(text).into_owned()))
}

/// A text without byte escapes such as `\x09`.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x") {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(rest.get(..at).unwrap_or_default().as_bytes());
        let hex = rest.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = rest.get(at + 4..).unwrap_or_default();
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                rest = rest.get(at + 2..).unwrap_or_default();
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let header = Header::default();
        let of = |text, ty| header.value(text, ty).to_string();
        assert_eq!(of("1591367999.305988", "time"), "\"2020-06-05T14:39:59.3059880Z\"");
        assert_eq!(of("0.25", "interval"), "0.25");
        assert_eq!(of("-", "count"), "null");
        assert_eq!(of("T", "bool"), "true");
        assert_eq!(of("(empty)", "set[string]"), "[]");
        assert_eq!(of("a,b\\x2cc", "vector[string]"), "[\"a\",\"b,c\"]");
        assert_eq!(of("1,2", "vector[count]"), "[1,2]");
        assert_eq!(of("(empty)", "string"), "\"\"");
        assert_eq!(of("caf\\xc3\\xa9\\x", "string"), "\"café\\\\x\"");
        assert_eq!(of("x", "count"), "\"x\"");
    }
}
