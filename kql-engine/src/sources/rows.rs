//! Rows of text formats as their readers find them: which value goes into which column.

use super::builder::{ColumnBuilder, Fit};
use super::dates::DateRule;
use kql_scan::json_text::Raw;
use kql_scan::unescape;
use std::borrow::Cow;

/// Which value of a file's row goes into which column.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    /// The names in the file that are wanted.
    pub names: Vec<String>,
    /// For each column of the result the index of the name; none where the file has nothing for it.
    pub of_column: Vec<Option<usize>>,
    /// For each column how its dates are read; nothing where all are read as usual.
    pub rules: Vec<Option<DateRule>>,
}

impl Mapping {
    /// For the columns of a result, given the name that each has in the file.
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

    /// How the dates of a column are read, if not as usual.
    pub(super) fn rule(&self, column: usize) -> Option<DateRule> {
        self.rules.get(column).copied().flatten()
    }
}

/// A value as the file has it.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    Json(Raw<'a>),
    /// As in CSV.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// How a message shows it.
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

/// Rows of a file that are in no batch yet.
pub(super) trait Rows<'a> {
    fn len(&self) -> usize;
    /// The value of a row, by the index of the mapping's name.
    fn cell(&self, row: usize, name: usize) -> Cell<'a>;
    fn line(&self, row: usize) -> u64;
    /// The length of a row in the file.
    fn bytes(&self, row: usize) -> usize;
}

/// A value as a message shows it.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("'{short}'")
}
