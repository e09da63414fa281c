//! The results of running and of checking a query.

use crate::plan::Render;
use crate::types::{Column, TableSchema};
use arrow::array::RecordBatch;
use kql_parser::Diagnostic;

/// A result.
#[derive(Clone, Debug)]
pub struct Table {
    /// `PrimaryResult`, then `PrimaryResult_1` and so on.
    pub name: String,
    /// Columns with their KQL types.
    pub schema: TableSchema,
    /// The rows; the types are those of [`crate::types`].
    pub batches: Vec<RecordBatch>,
    /// What `render` asks for.
    pub render: Option<Render>,
}

/// The results of a query.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// A table for each tabular statement.
    pub tables: Vec<Table>,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
    /// Notices about the data, one per line: tables without data, refused rows.
    pub notices: Vec<String>,
}

/// The result of [`crate::Engine::check`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// All diagnostics, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text parses, whether or not it binds.
    pub syntax_ok: bool,
    /// The columns of the last result; `None` if there are errors, or if the columns depend on data.
    pub columns: Option<Vec<Column>>,
    /// The URLs of external data that the query reads, without duplicates.
    pub external: Vec<String>,
}
