//! Converts values to JSON text.

use crate::budget::Growing;
use crate::render;
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::Result;
use std::fmt::Write;

/// A JSON string.
pub fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (i, byte) in text.bytes().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..0x20) {
            continue;
        }
        out.push_str(text.get(plain..i).unwrap_or(""));
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            _ => control(byte, out),
        }
        plain = i + 1;
    }
    out.push_str(text.get(plain..).unwrap_or(""));
    out.push('"');
}

/// A control character in a JSON string.
pub fn control(byte: u8, out: &mut String) {
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        _ => _ = write!(out, "\\u{byte:04x}"),
    }
}

/// A JSON number; NaN and infinity become strings, as the service writes them.
pub fn real(value: f64, out: &mut String) {
    if value.is_finite() {
        let start = out.len();
        render::real(value, out);
        // JSON needs no plus in an exponent, and readers accept both
        debug_assert!(out.len() > start);
    } else {
        out.push('"');
        render::real(value, out);
        out.push('"');
    }
}

/// A value of any type.
pub fn value(value: &Value, ty: ScalarType, out: &mut String) {
    match (value, ty) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Bool(b), _) => out.push_str(if *b { "true" } else { "false" }),
        (Value::Int(i), _) => {
            let _ = write!(out, "{i}");
        }
        (Value::Long(ticks), ScalarType::Datetime) => {
            out.push('"');
            crate::time::datetime(*ticks, out);
            out.push('"');
        }
        (Value::Long(ticks), ScalarType::Timespan) => {
            out.push('"');
            crate::time::timespan(*ticks, out);
            out.push('"');
        }
        (Value::Long(i), _) => {
            let _ = write!(out, "{i}");
        }
        (Value::Real(r), _) => real(*r, out),
        (Value::Decimal(d), _) => {
            out.push('"');
            crate::decimal::text(*d, out);
            out.push('"');
        }
        (Value::Text(text), ScalarType::Dynamic) => out.push_str(text),
        (Value::Text(text), _) => string(text, out),
    }
}

/// An array; `put` appends an item.
pub fn list<T>(items: impl IntoIterator<Item = T>, out: &mut String, put: impl FnMut(T, &mut String)) {
    out.push('[');
    commas(items, out, put);
    out.push(']');
}

/// A bag; `put` appends a property.
pub fn members<T>(items: impl IntoIterator<Item = T>, out: &mut String, put: impl FnMut(T, &mut String)) {
    out.push('{');
    commas(items, out, put);
    out.push('}');
}

/// [`list`] of items whose number or size is not limited by that of the arguments: within the bounds of a value.
pub(crate) fn list_within<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut put: impl FnMut(T, &mut String),
) -> Result<()> {
    let mut growing = Growing::new(out);
    growing.push("[")?;
    for (n, item) in items.into_iter().enumerate() {
        growing.push(if n > 0 { "," } else { "" })?;
        growing.push_with(|out| put(item, out))?;
    }
    growing.push("]")
}

/// [`array`] within the bounds of a value.
pub(crate) fn array_within<'a>(items: impl IntoIterator<Item = &'a str>, out: &mut String) -> Result<()> {
    list_within(items, out, |item, out| out.push_str(item))
}

/// [`bag`] within the bounds of a value.
pub(crate) fn bag_within<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut String) -> Result<()> {
    let mut growing = Growing::new(out);
    growing.push("{")?;
    for (n, (key, value)) in properties.into_iter().enumerate() {
        growing.push(if n > 0 { "," } else { "" })?;
        for part in [key, ":", value] {
            growing.push(part)?;
        }
    }
    growing.push("}")
}

/// Items separated by commas.
pub fn commas<T>(items: impl IntoIterator<Item = T>, out: &mut String, mut put: impl FnMut(T, &mut String)) {
    for (n, item) in items.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        put(item, out);
    }
}

/// An array of values that are already JSON.
pub fn array<'a>(items: impl IntoIterator<Item = &'a str>, out: &mut String) {
    list(items, out, |item, out| out.push_str(item));
}

/// A bag of keys that are already JSON strings, and values that are already JSON.
pub fn bag<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut String) {
    members(properties, out, |(key, value), out| {
        out.push_str(key);
        out.push(':');
        out.push_str(value);
    });
}
