//! Rows of text formats as their readers return them: which value belongs to which column.

use super::builder::{ColumnBuilder, Fit};
use super::dates::DateRule;
use kql_scan::json_text::Raw;
use kql_scan::unescape;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Maps the values of a file's row to columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Mapping {
    /// The needed names in the file.
    pub names: Vec<String>,
    /// For each column of the result the index of the name; `None` if the file does not have the column.
    pub of_column: Vec<Option<usize>>,
    /// For each column how its dates are parsed; empty if all are parsed as usual.
    pub rules: Vec<Option<DateRule>>,
}

impl Mapping {
    /// For the columns of a result, given the name of each in the file.
    pub(super) fn new<'a>(columns: impl Iterator<Item = Option<&'a str>>) -> Mapping {
        let mut mapping = Mapping::default();
        for name in columns {
            let index = name.map(|name| {
                mapping.names.iter().position(|n| n == name).unwrap_or_else(|| {
                    mapping.names.push(name.to_owned());
                    mapping.names.len() - 1
                })
            });
            mapping.of_column.push(index);
        }
        mapping
    }

    /// How the dates of a column are parsed, if not as usual.
    pub(super) fn rule(&self, column: usize) -> Option<DateRule> {
        self.rules.get(column).copied().flatten()
    }
}

/// A value in the file's notation.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    Json(Raw<'a>),
    /// As in CSV.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// Its text in a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Cell::Text(text) => shorten(text),
            Cell::Json(Raw::String(text) | Raw::Number(text) | Raw::Nested(text)) => shorten(text),
            Cell::Json(other) => format!("{other:?}"),
        }
    }
}

/// Puts a value into a column.
#[inline]
pub(super) fn push_cell(builder: &mut ColumnBuilder, cell: &Cell, rule: Option<DateRule>) -> Fit {
    match (cell, rule) {
        (Cell::Json(Raw::String(text)), Some(rule)) => builder.push_date(&unescape(text), rule),
        (Cell::Json(raw), _) => builder.push_json(*raw),
        (Cell::Text(text), Some(rule)) => builder.push_date(text, rule),
        (Cell::Text(text), None) => builder.push_text(text),
    }
}

/// Rows of a file that are not in a batch yet.
pub(super) trait Rows<'a> {
    fn len(&self) -> usize;
    /// The value of a row, by the index of the mapping's name.
    fn cell(&self, row: usize, name: usize) -> Cell<'a>;
    fn line(&self, row: usize) -> u64;
    /// The length of a row in the file.
    fn bytes(&self, row: usize) -> usize;
}

/// A value as messages show it.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("'{short}'")
}
