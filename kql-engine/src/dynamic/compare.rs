//! Equality and order of dynamic values, as used by sets and sorted arrays.

use super::read::{self, Kind};
use super::write;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A text that is the same for equal values: `1` and `1.0` are equal, and so are strings with different escapes.
pub fn key(json: &str) -> Cow<'_, str> {
    match read::kind(json) {
        Kind::Real => match json.parse::<f64>() {
            Ok(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => Cow::Owned((value as i64).to_string()),
            Ok(value) => Cow::Owned(format!("{value:e}")),
            Err(_) => Cow::Borrowed(json),
        },
        Kind::String if json.contains('\\') => match read::unquote(json) {
            Some(text) => {
                let mut out = String::with_capacity(json.len());
                write::string(&text, &mut out);
                Cow::Owned(out)
            }
            None => Cow::Borrowed(json),
        },
        _ => Cow::Borrowed(json),
    }
}

/// Whether two values are equal.
pub fn same(a: &str, b: &str) -> bool {
    a == b || key(a) == key(b)
}

/// The sort key of `array_sort_asc()`: numbers and timespans, then strings (including datetimes, whose texts sort like
/// times), then everything else in its original order.
#[derive(Debug)]
pub enum SortKey<'a> {
    /// A number.
    Number(f64, i64),
    /// The ticks of a timespan.
    Timespan(i64),
    /// A string.
    Text(Cow<'a, str>),
    /// Any other value.
    Other,
}

impl<'a> SortKey<'a> {
    /// The key of a value that is not null.
    pub fn new(json: &'a str) -> SortKey<'a> {
        match read::kind(json) {
            Kind::Long => {
                let value = json.parse::<i64>().unwrap_or(0);
                SortKey::Number(value as f64, value)
            }
            Kind::Real => SortKey::Number(json.parse().unwrap_or(f64::NAN), 0),
            Kind::String => {
                let text = read::unquote(json).unwrap_or(Cow::Borrowed(""));
                match timespan(&text) {
                    Some(ticks) => SortKey::Timespan(ticks),
                    None => SortKey::Text(text),
                }
            }
            _ => SortKey::Other,
        }
    }

    fn class(&self) -> u8 {
        match self {
            SortKey::Number(..) => 0,
            SortKey::Timespan(_) => 1,
            SortKey::Text(_) => 2,
            SortKey::Other => 3,
        }
    }

    /// The order of two values; the classes keep their order when `descending` reverses the values.
    pub fn compare(&self, other: &SortKey, descending: bool) -> Ordering {
        let order = match (self, other) {
            (SortKey::Number(a, x), SortKey::Number(b, y)) => a.total_cmp(b).then(x.cmp(y)),
            (SortKey::Timespan(a), SortKey::Timespan(b)) => a.cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            _ => return self.class().cmp(&other.class()),
        };
        if descending { order.reverse() } else { order }
    }
}

/// The ticks of a text in the form of a timespan inside a dynamic value.
fn timespan(text: &str) -> Option<i64> {
    let form = text.len() >= 8
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-'))
        && text.bytes().filter(|b| *b == b':').count() == 2;
    form.then(|| kql_parser::time::parse_timespan(text)).flatten()
}
