//! Columns under construction: converts values as files write them to the type of their column.
//!
//! A value that does not fit becomes null and is reported to the caller. A missing value (null, in CSV
//! also the empty text) is the empty string in a string column and null in all others.

use super::dates::{DateRule, Unit, epoch};
use crate::types::{DECIMAL_PRECISION, DECIMAL_SCALE, ScalarType};
use crate::{decimal, dynamic};
use arrow::array::{
    ArrayRef, BooleanBuilder, Decimal256Builder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
};
use kql_parser::time::parse_timespan;
use kql_scan::json_text::Raw;
use kql_scan::unescape;
use std::sync::Arc;

/// A column under construction.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    ty: ScalarType,
    values: Values,
    scratch: String,
}

#[derive(Debug)]
enum Values {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    Decimal(Decimal256Builder),
    Text(StringBuilder),
}

/// Whether a value fits its column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub(super) enum Fit {
    Fits,
    CastFailure,
    /// It fits as a time since 1970.
    Since(Unit),
}

impl ColumnBuilder {
    pub(super) fn new(ty: ScalarType, rows: usize) -> ColumnBuilder {
        let values = match ty {
            ScalarType::Bool => Values::Bool(BooleanBuilder::with_capacity(rows)),
            ScalarType::Int => Values::Int(Int32Builder::with_capacity(rows)),
            ScalarType::Long | ScalarType::Datetime | ScalarType::Timespan => {
                Values::Long(Int64Builder::with_capacity(rows))
            }
            ScalarType::Real => Values::Real(Float64Builder::with_capacity(rows)),
            ScalarType::Decimal => {
                let ty = arrow::datatypes::DataType::Decimal256(DECIMAL_PRECISION, DECIMAL_SCALE);
                Values::Decimal(Decimal256Builder::with_capacity(rows).with_data_type(ty))
            }
            _ => Values::Text(StringBuilder::with_capacity(rows, rows * 16)),
        };
        ColumnBuilder { ty, values, scratch: String::new() }
    }

    /// A missing value.
    pub(super) fn push_missing(&mut self) {
        match &mut self.values {
            Values::Bool(b) => b.append_null(),
            Values::Int(b) => b.append_null(),
            Values::Long(b) => b.append_null(),
            Values::Real(b) => b.append_null(),
            Values::Decimal(b) => b.append_null(),
            Values::Text(b) if self.ty == ScalarType::String => b.append_value(""),
            Values::Text(b) => b.append_null(),
        }
    }

    /// A text in a dynamic column: exports write objects and arrays as strings.
    pub(super) fn push_parsed(&mut self, text: &str) -> Fit {
        self.scratch.clear();
        let nested = text.trim_start().starts_with(['{', '[']);
        if !nested || !dynamic::read::value(text.trim(), &mut self.scratch) {
            self.scratch.clear();
            dynamic::date::write(text, &mut self.scratch);
        }
        self.append_scratch()
    }

    /// A JSON value.
    #[inline]
    pub(super) fn push_json(&mut self, raw: Raw) -> Fit {
        match (raw, self.ty) {
            (Raw::Null, _) => {
                self.push_missing();
                Fit::Fits
            }
            (Raw::String(text), ScalarType::String) => self.append_text(&unescape(text)),
            (Raw::String(text), ScalarType::Dynamic) => self.push_parsed(&unescape(text)),
            (Raw::String(text), _) => self.push_text(&unescape(text)),
            (Raw::Nested(text), ScalarType::String) => {
                self.scratch.clear();
                if dynamic::read::compact(text, &mut self.scratch) { self.append_scratch() } else { self.misfit() }
            }
            (Raw::Nested(text) | Raw::Number(text), ScalarType::Dynamic) => {
                self.scratch.clear();
                if dynamic::read::value(text, &mut self.scratch) { self.append_scratch() } else { self.misfit() }
            }
            (Raw::Nested(_), _) => self.misfit(),
            (Raw::Number(text), ScalarType::Datetime) => self.push_since(text),
            (Raw::Number(_), ScalarType::Timespan | ScalarType::Guid) => self.misfit(),
            (Raw::Number(text), ScalarType::String) => self.append_text(text),
            (Raw::Number(text), _) => self.push_text(text),
            (Raw::Bool(value), ScalarType::String | ScalarType::Dynamic) => {
                self.append_text(if value { "true" } else { "false" })
            }
            (Raw::Bool(value), _) => match &mut self.values {
                Values::Bool(b) => {
                    b.append_value(value);
                    Fit::Fits
                }
                Values::Int(_) => self.push_text(if value { "1" } else { "0" }),
                Values::Long(b) if self.ty == ScalarType::Long => {
                    b.append_value(value.into());
                    Fit::Fits
                }
                _ => self.misfit(),
            },
        }
    }

    /// A text, as in CSV or in a JSON string. The empty text is a missing value.
    pub(super) fn push_text(&mut self, text: &str) -> Fit {
        if self.ty == ScalarType::String {
            return self.append_text(text);
        }
        let text = text.trim();
        if text.is_empty() {
            self.push_missing();
            return Fit::Fits;
        }
        // a date of digits only has at most eight of them
        let digits = matches!(text.as_bytes(), [_, _, _, _, b'0'..=b'9', _, _, _, _, ..]);
        if self.ty == ScalarType::Datetime && digits && epoch(text).is_some() {
            return self.push_since(text);
        }
        let fits = match &mut self.values {
            Values::Bool(b) => boolean(text).map(|v| b.append_value(v)),
            Values::Int(b) => integer(text).and_then(|v| i32::try_from(v).ok()).map(|v| b.append_value(v)),
            Values::Long(b) => match self.ty {
                ScalarType::Datetime => super::dates::data_datetime(text),
                ScalarType::Timespan => parse_timespan(text),
                _ => integer(text),
            }
            .map(|v| b.append_value(v)),
            Values::Real(b) => text.parse().ok().map(|v| b.append_value(v)),
            Values::Decimal(b) => decimal::parse(text).map(|v| b.append_value(v)),
            Values::Text(_) if self.ty == ScalarType::Guid => {
                return match uuid::Uuid::try_parse(text) {
                    Ok(guid) => self.append_text(guid.hyphenated().encode_lower(&mut [0; 36])),
                    Err(_) => self.misfit(),
                };
            }
            Values::Text(_) => {
                self.scratch.clear();
                return if dynamic::read::normalize(text, &mut self.scratch) {
                    self.append_scratch()
                } else {
                    self.push_missing();
                    Fit::Fits
                };
            }
        };
        if fits.is_none() { self.misfit() } else { Fit::Fits }
    }

    /// A number in a column of datetimes, as a time since 1970.
    fn push_since(&mut self, text: &str) -> Fit {
        match (&mut self.values, epoch(text)) {
            (Values::Long(b), Some((ticks, unit))) => {
                b.append_value(ticks);
                Fit::Since(unit)
            }
            _ => self.misfit(),
        }
    }

    /// The text of a date in another format than the usual one. The empty text is a missing value.
    pub(super) fn push_date(&mut self, text: &str, rule: DateRule) -> Fit {
        match (&mut self.values, text.trim().is_empty(), rule.parse(text)) {
            (Values::Long(b), false, Some(ticks)) if self.ty == ScalarType::Datetime => {
                b.append_value(ticks);
                Fit::Fits
            }
            (_, true, _) => {
                self.push_missing();
                Fit::Fits
            }
            // a number is parsed as usual
            _ => self.push_text(text),
        }
    }

    /// A JSON text of a dynamic column that is already compact.
    pub(super) fn push_dynamic(&mut self, json: &str) {
        let _ = self.append_text(json);
    }

    fn append_text(&mut self, text: &str) -> Fit {
        match &mut self.values {
            Values::Text(b) => {
                b.append_value(text);
                Fit::Fits
            }
            _ => self.misfit(),
        }
    }

    fn append_scratch(&mut self) -> Fit {
        match &mut self.values {
            Values::Text(b) => {
                b.append_value(&self.scratch);
                Fit::Fits
            }
            _ => self.misfit(),
        }
    }

    fn misfit(&mut self) -> Fit {
        self.push_missing();
        Fit::CastFailure
    }

    /// Returns the column so far; the builder starts again.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::Bool(b) => Arc::new(b.finish()),
            Values::Int(b) => Arc::new(b.finish()),
            Values::Long(b) => Arc::new(b.finish()),
            Values::Real(b) => Arc::new(b.finish()),
            Values::Decimal(b) => Arc::new(b.finish()),
            Values::Text(b) => Arc::new(b.finish()),
        }
    }
}

/// Whether a text is valid in a column whose type is not string, dynamic or datetime.
pub(super) fn takes(ty: ScalarType, text: &str) -> bool {
    match ty {
        ScalarType::Bool => boolean(text).is_some(),
        ScalarType::Int => integer(text).is_some_and(|v| i32::try_from(v).is_ok()),
        ScalarType::Long => integer(text).is_some(),
        ScalarType::Real => text.parse::<f64>().is_ok(),
        ScalarType::Decimal => decimal::parse(text).is_some(),
        ScalarType::Timespan => parse_timespan(text).is_some(),
        ScalarType::Guid => uuid::Uuid::try_parse(text).is_ok(),
        _ => true,
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whole numbers, also written as `5.0` and `5e3`.
fn integer(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let value: f64 = text.parse().ok()?;
    // beyond 2^53 the digits would differ from those of the text
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell;

    fn all(ty: ScalarType, values: &[Raw]) -> Vec<String> {
        let mut builder = ColumnBuilder::new(ty, 4);
        let fits: Vec<Fit> = values.iter().map(|v| builder.push_json(*v)).collect();
        let array = builder.finish();
        let one = |(row, fit): (usize, &Fit)| {
            let mut text = String::new();
            if ty == ScalarType::Dynamic && !array.is_null(row) {
                cell::json(&array, ty, row, &mut text);
            } else {
                cell::text(&array, ty, row, &mut text);
            }
            let null = if array.is_null(row) { "null" } else { "" };
            format!("{text}{null}{}", if *fit == Fit::CastFailure { "!" } else { "" })
        };
        fits.iter().enumerate().map(one).collect()
    }

    #[test]
    fn json_to_each_type() {
        use ScalarType::*;
        let s = Raw::String;
        let n = Raw::Number;
        assert_eq!(
            all(Long, &[n("5"), s("6"), n("7.0"), n("7.5"), s(""), s("x"), Raw::Null, Raw::Bool(true)]),
            ["5", "6", "7", "null!", "null", "null!", "null", "1"]
        );
        assert_eq!(all(Int, &[n("5"), n("3000000000"), Raw::Bool(false)]), ["5", "null!", "0"]);
        assert_eq!(all(Real, &[n("5"), s("1e3"), s("x"), Raw::Nested("[]")]), ["5.0", "1000.0", "null!", "null!"]);
        assert_eq!(all(Bool, &[Raw::Bool(true), s("False"), n("1"), n("2")]), ["true", "false", "true", "null!"]);
        assert_eq!(
            all(String, &[n("1.50"), Raw::Bool(true), Raw::Null, Raw::Nested("{\"a\": 1}"), s("a\\nb")]),
            ["1.50", "true", "", "{\"a\":1}", "a\nb"]
        );
        assert_eq!(
            all(Dynamic, &[s("{\"a\": [1]}"), s("x"), n("1"), Raw::Nested("[1, 2]"), Raw::Null, Raw::Nested("[1,}")]),
            ["{\"a\":[1]}", "\"x\"", "1", "[1,2]", "null", "null!"]
        );
        assert_eq!(
            all(Guid, &[s("74BE27DE-1E4E-49D9-B579-FE0B331D3642"), s("x")]),
            ["74be27de-1e4e-49d9-b579-fe0b331d3642", "null!"]
        );
        assert_eq!(
            all(Datetime, &[s("2024-01-01T00:00:00.1234567Z"), s("soon"), n("5")]),
            ["2024-01-01T00:00:00.1234567Z", "null!", "null!"]
        );
        assert_eq!(
            all(Datetime, &[n("1700000000"), s("1700000000123")]),
            ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123Z"]
        );
        assert_eq!(all(Timespan, &[s("1.02:03:04"), s("x")]), ["1.02:03:04", "null!"]);
        assert_eq!(all(Decimal, &[n("1.5"), s("x")]), ["1.5", "null!"]);
    }
}
