//! Series: dynamic arrays of numbers.

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel::{self, Found, Strings};
use crate::types::ScalarType;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

/// The numbers of an array; `None` for an element that is not a number.
#[derive(Debug, Clone)]
pub struct Series {
    /// In order.
    pub values: Vec<Option<f64>>,
    /// Whole if all numbers are written without a point.
    pub numbers: Numbers,
    /// Whether an element is neither a number nor null.
    pub mixed: bool,
}

impl Series {
    /// Parses an array; `None` if the text is not an array.
    pub fn parse(json: &str) -> Option<Series> {
        if read::kind(json) != Kind::Array {
            return None;
        }
        let (mut numbers, mut mixed) = (Numbers::Whole, false);
        let values = read::elements(json)
            .map(|item| match read::kind(item) {
                Kind::Long => item.parse().ok(),
                Kind::Real => {
                    numbers = Numbers::Real;
                    item.parse().ok()
                }
                Kind::String => {
                    numbers = Numbers::Real;
                    match item {
                        "\"NaN\"" => Some(f64::NAN),
                        "\"Infinity\"" => Some(f64::INFINITY),
                        "\"-Infinity\"" => Some(f64::NEG_INFINITY),
                        _ => {
                            mixed = true;
                            None
                        }
                    }
                }
                Kind::Null => None,
                _ => {
                    mixed = true;
                    None
                }
            })
            .collect();
        Some(Series { values, numbers, mixed })
    }

    /// All numbers; `None` if one is missing or the array is empty.
    pub fn complete(&self) -> Option<Vec<f64>> {
        if self.values.is_empty() { None } else { self.values.iter().copied().collect() }
    }

    /// All numbers without nulls; `None` if another element is not a number, or there are no numbers.
    pub fn known(&self) -> Option<Vec<f64>> {
        let known: Vec<f64> = self.values.iter().copied().flatten().collect();
        (!self.mixed && !known.is_empty()).then_some(known)
    }
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Numbers {
    /// Without a decimal point.
    Whole,
    /// With one.
    Real,
}

impl Numbers {
    /// How numbers of a scalar type are written.
    pub fn of(ty: ScalarType) -> Numbers {
        if matches!(ty, ScalarType::Int | ScalarType::Long) { Numbers::Whole } else { Numbers::Real }
    }

    /// How numbers are written that are computed from these and others: whole ones from whole ones only.
    pub fn and(self, other: Numbers) -> Numbers {
        if self == Numbers::Whole { other } else { Numbers::Real }
    }
}

/// A number as JSON; `null` for `None`.
pub fn number(value: Option<f64>, form: Numbers, out: &mut String) {
    match value {
        Some(value) if form == Numbers::Whole && value.is_finite() && value.abs() < 9.2e18 => {
            _ = write!(out, "{}", value as i64)
        }
        Some(value) => write::real(value, out),
        None => out.push_str("null"),
    }
}

/// An array of numbers as JSON.
pub fn numbers(values: impl IntoIterator<Item = Option<f64>>, form: Numbers, out: &mut String) {
    write::list(values, out, |value, out| {
        number(value, form, out);
    });
}

/// An array of reals as JSON.
pub fn reals(values: &[f64], out: &mut String) {
    numbers(values.iter().copied().map(Some), Numbers::Real, out);
}

/// A result for every series; `f` returns whether there is one.
pub fn map<F: Found>(
    rows: usize,
    series: &Strings,
    mut f: impl FnMut(usize, Series, &mut String) -> F,
) -> Result<ColumnarValue> {
    kernel::texts(rows, |i, out| match Series::parse(series.get(i)) {
        Some(series) => f(i, series, out).found(),
        None => Ok(false),
    })
}
