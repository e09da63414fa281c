//! The type of an undeclared column, from all of its values.
//!
//! | all values are | the column is |
//! | --- | --- |
//! | `true`, `false` | bool |
//! | whole numbers that fit 64 bits | long |
//! | numbers | real |
//! | ISO 8601 texts: dates, alone or with a time; dates of the portal in American English | datetime |
//! | objects and arrays (JSON) | dynamic |
//! | other texts, or there are none | string |
//! | of several of these kinds | dynamic in JSON, string in CSV |
//!
//! Nulls are ignored, and so are empty texts among datetimes.

use super::dates::is_datetime;
use crate::types::ScalarType;
use serde::{Deserialize, Serialize};

/// How values are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Syntax {
    /// Texts are in quotes, other values are not.
    Json,
    /// Every value is a text.
    Csv,
}

/// The kinds of values seen.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const BOOL: Kinds = Kinds(1);
    pub(super) const LONG: Kinds = Kinds(2);
    pub(super) const REAL: Kinds = Kinds(4);
    pub(super) const DATETIME: Kinds = Kinds(8);
    pub(super) const TEXT: Kinds = Kinds(16);
    pub(super) const NESTED: Kinds = Kinds(32);
    /// The empty text.
    pub(super) const EMPTY: Kinds = Kinds(64);
    /// For a column with an expected type: the value is valid in that type.
    const FITTING: Kinds = Kinds(128);

    /// The same kinds, marked as valid in the expected type.
    pub(super) fn fitting(self) -> Kinds {
        Kinds(self.0 | Self::FITTING.0)
    }

    /// Whether some value is valid in the expected type.
    pub(super) fn fits(self) -> bool {
        self.0 & Self::FITTING.0 != 0
    }

    /// Whether there is any value.
    pub(super) fn has_values(self) -> bool {
        self.0 & !Self::EMPTY.0 != 0
    }

    pub(super) fn add(&mut self, other: Kinds) {
        self.0 |= other.0;
    }

    /// Whether further values in CSV cannot change the type.
    pub(super) fn is_settled_in_csv(self) -> bool {
        self.0 & Self::TEXT.0 != 0
    }

    /// The kind of a text in CSV, where everything is text.
    pub(super) fn of_csv(text: &str) -> Kinds {
        if text.is_empty() {
            Self::EMPTY
        } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            Self::BOOL
        } else {
            match text.as_bytes() {
                [b'-' | b'+' | b'.' | b'0'..=b'9', ..] => {
                    Self::of_number(text).or_else(|| is_datetime(text).then_some(Self::DATETIME)).unwrap_or(Self::TEXT)
                }
                _ => Self::TEXT,
            }
        }
    }

    /// The kind of a JSON string.
    pub(super) fn of_string(text: &str) -> Kinds {
        if text.is_empty() {
            Self::EMPTY
        } else if is_datetime(text) {
            Self::DATETIME
        } else {
            Self::TEXT
        }
    }

    /// The kind of a number's text; `None` if it is not a number.
    pub(super) fn of_number(text: &str) -> Option<Kinds> {
        // a number with a leading zero is an identifier: 007
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if digits.starts_with('+') {
            return None;
        }
        if text.parse::<i64>().is_ok() {
            return Some(Self::LONG);
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        (plain && text.parse::<f64>().is_ok_and(f64::is_finite)).then_some(Self::REAL)
    }

    /// The type of a column with these values.
    pub(super) fn ty(self, syntax: Syntax) -> ScalarType {
        let seen = Kinds(self.0 & !Self::EMPTY.0 & !Self::FITTING.0);
        let json = syntax == Syntax::Json;
        let texts = self.0 & Self::EMPTY.0 != 0;
        match seen {
            Kinds(0) | Self::TEXT => ScalarType::String,
            Self::DATETIME => ScalarType::Datetime,
            // an empty text is a string in JSON and a missing value in CSV
            _ if json && texts && seen.0 & !(Self::TEXT.0 | Self::DATETIME.0) != 0 => ScalarType::Dynamic,
            Self::BOOL => ScalarType::Bool,
            Self::LONG => ScalarType::Long,
            Self::NESTED => ScalarType::Dynamic,
            Kinds(bits) if bits & !(Self::LONG.0 | Self::REAL.0) == 0 => ScalarType::Real,
            Kinds(bits) if bits & !(Self::TEXT.0 | Self::DATETIME.0) == 0 => ScalarType::String,
            _ if json => ScalarType::Dynamic,
            _ => ScalarType::String,
        }
    }
}

/// A type that holds the values of both.
pub(super) fn unified(a: ScalarType, b: ScalarType) -> ScalarType {
    use ScalarType::*;
    match (a, b) {
        _ if a == b => a,
        (Int, Long) | (Long, Int) => Long,
        (Int | Long | Real, Int | Long | Real) => Real,
        (Int | Long | Real | Decimal, Int | Long | Real | Decimal) => Decimal,
        (Dynamic, _) | (_, Dynamic) => Dynamic,
        _ => String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(values: &[&str]) -> ScalarType {
        let mut kinds = Kinds::default();
        values.iter().for_each(|v| kinds.add(Kinds::of_csv(v)));
        kinds.ty(Syntax::Csv)
    }

    #[test]
    fn types_of_csv_columns() {
        use ScalarType::*;
        assert_eq!(csv(&["", ""]), String);
        assert_eq!(csv(&["1", "", "-2"]), Long);
        assert_eq!(csv(&["1", "2.5", "1e9"]), Real);
        assert_eq!(csv(&["9223372036854775808"]), Real);
        assert_eq!(csv(&["TRUE", "false"]), Bool);
        assert_eq!(csv(&["2024-01-01T00:00:00Z", ""]), Datetime);
        assert_eq!(csv(&["2024-01-01T00:00:00.1234567+02:00"]), Datetime);
        assert_eq!(csv(&["2024-01-01 00:00:00", "2024-01-01"]), Datetime);
        assert_eq!(csv(&["2024-01-01", "soon"]), String);
        assert_eq!(csv(&["2024-13-01T00:00:00Z"]), String);
        assert_eq!(csv(&["1", "a"]), String);
        assert_eq!(csv(&["true", "1"]), String);
        assert_eq!(csv(&["007", "1"]), String);
        assert_eq!(csv(&["1.2.3.4"]), String);
        assert_eq!(csv(&["nan", "inf"]), String);
    }

    #[test]
    fn types_of_json_columns() {
        let of = |all: &[Kinds]| {
            let mut kinds = Kinds::default();
            all.iter().for_each(|k| kinds.add(*k));
            kinds.ty(Syntax::Json)
        };
        assert_eq!(of(&[]), ScalarType::String);
        assert_eq!(of(&[Kinds::EMPTY, Kinds::DATETIME]), ScalarType::Datetime);
        assert_eq!(of(&[Kinds::TEXT, Kinds::DATETIME]), ScalarType::String);
        assert_eq!(of(&[Kinds::LONG, Kinds::REAL]), ScalarType::Real);
        assert_eq!(of(&[Kinds::LONG, Kinds::EMPTY]), ScalarType::Dynamic);
        assert_eq!(of(&[Kinds::NESTED, Kinds::TEXT]), ScalarType::Dynamic);
    }
}
