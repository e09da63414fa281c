//! Series: dynamic arrays of numbers.

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel::{self, Strings};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

/// The numbers of an array; `None` for an element that is not a number.
#[derive(Debug, Clone)]
pub struct Series {
    /// In order.
    pub values: Vec<Option<f64>>,
    /// Whether all numbers are whole ones, written without a point.
    pub whole: bool,
    /// Whether an element is neither a number nor null.
    pub mixed: bool,
}

impl Series {
    /// Parses an array; `None` if the text is not an array.
    pub fn parse(json: &str) -> Option<Series> {
        let items = read::array(json)?;
        let (mut whole, mut mixed) = (true, false);
        let values = items
            .iter()
            .map(|item| match read::kind(item) {
                Kind::Long => item.parse().ok(),
                Kind::Real => {
                    whole = false;
                    item.parse().ok()
                }
                Kind::String => {
                    whole = false;
                    match *item {
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
        Some(Series { values, whole, mixed })
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

/// A number as JSON, a whole one without a decimal point; `null` for `None`.
pub fn number(value: Option<f64>, whole: bool, out: &mut String) {
    match value {
        Some(value) if whole && value.is_finite() && value.abs() < 9.2e18 => _ = write!(out, "{}", value as i64),
        Some(value) => write::real(value, out),
        None => out.push_str("null"),
    }
}

/// An array of numbers as JSON.
pub fn numbers(values: impl IntoIterator<Item = Option<f64>>, whole: bool, out: &mut String) {
    write::list(values, out, |value, out| {
        number(value, whole, out);
    });
}

/// An array of reals as JSON.
pub fn reals(values: &[f64], out: &mut String) {
    numbers(values.iter().copied().map(Some), false, out);
}

/// A result for every series; `f` returns whether there is one.
pub fn map(
    rows: usize,
    series: &Strings,
    mut f: impl FnMut(usize, Series, &mut String) -> bool,
) -> Result<ColumnarValue> {
    kernel::texts(rows, |i, out| match Series::parse(series.get(i)) {
        Some(series) => f(i, series, out),
        None => false,
    })
}
