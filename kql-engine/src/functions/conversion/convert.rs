//! Shared by the conversions: values to texts, and texts to values.

use crate::decimal;
use crate::dynamic::dynamic_text;
use crate::dynamic::read;
use crate::functions::kernel::{self, Bools, Decimals, Ints, Longs, Reals, Strings};
use crate::registry::Call;
use crate::render;
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray};
use datafusion::common::{Result, internal_err};
use std::fmt::Write;

/// An argument of any type, read by row.
pub enum Arg<'a> {
    /// bool
    Bool(Bools<'a>),
    /// int
    Int(Ints<'a>),
    /// long
    Long(Longs<'a>),
    /// real
    Real(Reals<'a>),
    /// decimal
    Decimal(Decimals<'a>),
    /// string
    String(Strings<'a>),
    /// datetime
    Datetime(Longs<'a>),
    /// timespan
    Timespan(Longs<'a>),
    /// guid
    Guid(Strings<'a>),
    /// dynamic
    Dynamic(Strings<'a>),
}

impl<'a> Arg<'a> {
    /// Argument `n` of a call.
    pub fn new(call: &Call<'a>, n: usize) -> Result<Arg<'a>> {
        Ok(match call.types.get(n) {
            Some(ScalarType::Bool) => Arg::Bool(call.bools(n)?),
            Some(ScalarType::Int) => Arg::Int(call.ints(n)?),
            Some(ScalarType::Long) => Arg::Long(call.longs(n)?),
            Some(ScalarType::Real) => Arg::Real(call.reals(n)?),
            Some(ScalarType::Decimal) => Arg::Decimal(call.decimals(n)?),
            Some(ScalarType::String) => Arg::String(call.strings(n)?),
            Some(ScalarType::Datetime) => Arg::Datetime(call.longs(n)?),
            Some(ScalarType::Timespan) => Arg::Timespan(call.longs(n)?),
            Some(ScalarType::Guid) => Arg::Guid(call.strings(n)?),
            Some(ScalarType::Dynamic) => Arg::Dynamic(call.strings(n)?),
            other => return internal_err!("argument {n} has the type {other:?}"),
        })
    }

    /// Appends the text of row `i` as `tostring()` returns it; false for null.
    pub fn text(&self, i: usize, out: &mut String) -> bool {
        match self {
            Arg::Bool(v) => v.get(i).map(|b| out.push_str(render::bool_text(b))).is_some(),
            Arg::Int(v) => v.get(i).map(|n| _ = write!(out, "{n}")).is_some(),
            Arg::Long(v) => v.get(i).map(|n| _ = write!(out, "{n}")).is_some(),
            Arg::Real(v) => v.get(i).map(|r| render::real(r, out)).is_some(),
            Arg::Decimal(v) => v.get(i).map(|d| decimal::text(d, out)).is_some(),
            Arg::Datetime(v) => v.get(i).map(|t| crate::time::datetime(t, out)).is_some(),
            Arg::Timespan(v) => v.get(i).map(|t| crate::time::timespan(t, out)).is_some(),
            Arg::String(v) | Arg::Guid(v) => v.option(i).map(|s| out.push_str(s)).is_some(),
            Arg::Dynamic(v) => v.option(i).map(|s| out.push_str(&dynamic_text(s))).is_some(),
        }
    }

    /// Appends the JSON of row `i`; false for null.
    pub fn json(&self, i: usize, out: &mut String) -> bool {
        use crate::dynamic::write;
        match self {
            Arg::Bool(v) => v.get(i).map(|b| out.push_str(if b { "true" } else { "false" })).is_some(),
            Arg::Real(v) => v.get(i).map(|r| write::real(r, out)).is_some(),
            Arg::Int(_) | Arg::Long(_) => self.text(i, out),
            Arg::Dynamic(v) => v.option(i).map(|s| out.push_str(s)).is_some(),
            Arg::String(v) | Arg::Guid(v) => v.option(i).map(|s| write::string(s, out)).is_some(),
            Arg::Decimal(_) | Arg::Datetime(_) | Arg::Timespan(_) => {
                out.push('"');
                let some = self.text(i, out);
                out.push('"');
                if !some {
                    out.truncate(out.len() - 2);
                }
                some
            }
        }
    }

    /// Whether row `i` is null.
    pub fn is_null(&self, i: usize) -> bool {
        match self {
            Arg::Bool(v) => v.get(i).is_none(),
            Arg::Int(v) => v.get(i).is_none(),
            Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => v.get(i).is_none(),
            Arg::Real(v) => v.get(i).is_none(),
            Arg::Decimal(v) => v.get(i).is_none(),
            Arg::String(_) => false,
            Arg::Guid(v) | Arg::Dynamic(v) => v.option(i).is_none(),
        }
    }
}

/// The texts of a dynamic column; null becomes `""`.
pub fn dynamic_texts(array: &ArrayRef) -> Result<ArrayRef> {
    let Some(values) = array.as_string_opt::<i32>() else { return internal_err!("a dynamic column that is no text") };
    let mut texts = kernel::Texts::new(values.len());
    for i in 0..values.len() {
        if values.is_null(i) {
            texts.push(Some(""))?;
        } else {
            texts.push(Some(&dynamic_text(values.value(i))))?;
        }
    }
    Ok(texts.finish())
}

/// The text of a value as `tostring()` returns it.
pub fn text_of(value: &Value, ty: ScalarType, out: &mut String) {
    match (value, ty) {
        (Value::Null, _) => {}
        (Value::Bool(b), _) => out.push_str(render::bool_text(*b)),
        (Value::Int(i), _) => _ = write!(out, "{i}"),
        (Value::Long(t), ScalarType::Datetime) => crate::time::datetime(*t, out),
        (Value::Long(t), ScalarType::Timespan) => crate::time::timespan(*t, out),
        (Value::Long(i), _) => _ = write!(out, "{i}"),
        (Value::Real(r), _) => render::real(*r, out),
        (Value::Decimal(d), _) => decimal::text(*d, out),
        (Value::Text(json), ScalarType::Dynamic) => out.push_str(&dynamic_text(json)),
        (Value::Text(text), _) => out.push_str(text),
    }
}

/// The value of a text in a type; null if the text is not valid.
pub fn parse(text: &str, ty: ScalarType) -> Value {
    let found = match ty {
        ScalarType::Bool => bool_of(text).map(Value::Bool),
        ScalarType::Int => int_of(text).map(Value::Int),
        ScalarType::Long => long_of(text).map(Value::Long),
        ScalarType::Real => real_of(text).map(Value::Real),
        ScalarType::Decimal => decimal::parse(text).map(Value::Decimal),
        ScalarType::Datetime => kql_parser::time::parse_datetime(text).map(Value::Long),
        ScalarType::Timespan => timespan_of(text).map(Value::Long),
        ScalarType::Guid => guid_of(text).map(Value::Text),
        ScalarType::Dynamic => {
            let mut json = String::with_capacity(text.len());
            read::normalize(text, &mut json).then_some(Value::Text(json))
        }
        ScalarType::String | ScalarType::Unknown => Some(Value::Text(text.to_owned())),
    };
    found.unwrap_or(Value::Null)
}

/// `true`, `false` in any case and without white space around them, or a whole number: 0 is false, all others are true.
pub fn bool_of(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        text.trim().parse::<i64>().ok().map(|n| n != 0)
    }
}

/// A whole number in decimal or hexadecimal (0x).
pub fn long_of(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}

/// A whole number of 32 bits.
pub fn int_of(text: &str) -> Option<i32> {
    i32::try_from(long_of(text)?).ok()
}

/// A real, including NaN and infinity in the spellings that the engine accepts.
pub fn real_of(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.trim_start_matches(['-', '+']) {
        "inf" | "Inf" | "nan" | "NaN" | "Infinity" => text.parse().ok(),
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
        _ => None,
    }
}

/// The ticks of a timespan. Unlike in a literal, a number without a unit is a number of whole days.
pub fn timespan_of(text: &str) -> Option<i64> {
    let fraction = text.contains('.') && !text.contains(|c: char| c == ':' || c.is_ascii_alphabetic());
    if fraction { None } else { kql_parser::time::parse_timespan(text) }
}

/// A guid in any of its spellings, as canonical text.
pub fn guid_of(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(guid) = uuid::Uuid::parse_str(text) {
        return Some(guid.hyphenated().to_string());
    }
    // 32 digits, and hyphens only between the groups of a guid; what follows is ignored
    let mut digits = String::with_capacity(32);
    for c in text.chars() {
        match c {
            '-' if matches!(digits.len(), 8 | 12 | 16 | 20) => {}
            _ if digits.len() == 32 => break,
            c if c.is_ascii_hexdigit() => digits.push(c),
            _ => return None,
        }
    }
    uuid::Uuid::parse_str(&digits).ok().filter(|_| digits.len() == 32).map(|g| g.hyphenated().to_string())
}

/// Parses row `i` of a string column; `None` for null and for text that `parse` rejects.
pub fn by_text<T>(values: &Strings, i: usize, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    parse(values.option(i)?)
}

/// Parses the `tostring()` text of row `i` of a dynamic column; `None` for null and for text that `parse` rejects.
pub fn by_dynamic_text<T>(values: &Strings, i: usize, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    parse(&dynamic_text(values.option(i)?))
}

/// All rows as text.
pub fn to_texts(call: &Call) -> Result<datafusion::logical_expr::ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::strings(call.rows, |i, out| {
        value.text(i, out);
    })
}
