//! Formats whose records are not rows: what is taken out of a record.

use super::error::RecordError;
use super::known::Known;
use super::zeek::Header;
use crate::types::ScalarType;
use std::sync::Arc;

/// The rows of records, as they come out of their wrapping.
#[derive(Debug, Default)]
pub(in crate::sources) struct Out {
    /// The table, where the record names it, and the row as a JSON object.
    pub rows: Vec<(Option<Arc<str>>, String)>,
    /// The types that the file declares: table, column, type.
    pub types: Vec<(Option<Arc<str>>, String, ScalarType)>,
    /// Columns that are there whatever the rows have: table, column.
    pub columns: Vec<(Option<Arc<str>>, String)>,
    /// Why parts of the record are no rows.
    pub refused: Vec<String>,
    /// What of the record is known not to be data, and left out for that.
    pub passed: u64,
    /// What is to be said of the file.
    pub note: Option<String>,
    /// When the file was changed last, in ticks.
    pub changed: Option<i64>,
    /// Columns of tables whose rows come in later records, by the table's number.
    pub(super) headers: Vec<(i64, Arc<str>, Vec<String>)>,
    /// The header of a log of Zeek.
    pub(super) zeek: Option<Header>,
}

/// Takes the rows out of a record, which is a JSON object, or a line of text.
pub(in crate::sources) type Unwrap = fn(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError>;

/// A format whose records are not rows.
#[derive(Debug)]
pub(in crate::sources) struct Wrapped {
    /// As `kql data` calls it.
    pub name: &'static str,
    pub unwrap: Unwrap,
    /// Every value is a text, as in CSV, whatever its type.
    pub texts: bool,
    /// The key whose array holds the records of a document, if one does: `{"Records": [...]}`.
    pub inside: Option<&'static str>,
}

/// What a further result of an answer adds to the table's name: `_1`.
pub(in crate::sources) const AFTER: &str = "_";

/// As `kql data` calls a workbook.
pub(in crate::sources) const WORKBOOK: &str = "Excel workbook";
