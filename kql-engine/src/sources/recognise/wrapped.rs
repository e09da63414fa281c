//! Formats whose records are not rows: what is extracted from a record.

use super::error::RecordError;
use super::known::Known;
use super::zeek::Header;
use crate::sources::kinds::Syntax;
use crate::types::ScalarType;
use std::sync::Arc;

/// The rows that were extracted from records.
#[derive(Debug, Default)]
pub(in crate::sources) struct Out {
    /// The table, if the record names it, and the row as a JSON object.
    pub rows: Vec<(Option<Arc<str>>, String)>,
    /// The types that the file declares: table, column, type.
    pub types: Vec<(Option<Arc<str>>, String, ScalarType)>,
    /// Columns that exist whatever the rows contain: table, column.
    pub columns: Vec<(Option<Arc<str>>, String)>,
    /// Why parts of the record are not rows.
    pub refused: Vec<String>,
    /// The number of items that are known not to be data, and are skipped.
    pub passed: u64,
    /// A note about the file.
    pub note: Option<String>,
    /// The time of the file's last change, in ticks.
    pub changed: Option<i64>,
    /// Columns of tables whose rows come in later records, by the table's number.
    pub(super) headers: Vec<(i64, Arc<str>, Vec<String>)>,
    /// The header of a log of Zeek.
    pub(super) zeek: Option<Header>,
}

/// Extracts the rows from a record, which is a JSON object or a line of text.
pub(in crate::sources) type Unwrap = fn(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError>;

/// A format whose records are not rows.
#[derive(Debug)]
pub(in crate::sources) struct Wrapped {
    /// The name of the format in `kql data`.
    pub name: &'static str,
    pub unwrap: Unwrap,
    /// Every value is a string, as in CSV, whatever its type.
    pub texts: bool,
    /// The key whose array contains the records of a document, if there is one: `{"Records": [...]}`.
    pub inside: Option<&'static str>,
}

impl Wrapped {
    /// How the values of the rows are written.
    pub fn syntax(&self) -> Syntax {
        if self.texts { Syntax::Csv } else { Syntax::Json }
    }
}

/// The separator in the table's name for a further result: `_1`.
pub(in crate::sources) const AFTER: &str = "_";

/// The name of a workbook in `kql data`.
pub(in crate::sources) const WORKBOOK: &str = "Excel workbook";
