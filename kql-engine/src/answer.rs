//! What queries give, and what checking one says.

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

/// What a query gives.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// A table for each tabular statement.
    pub tables: Vec<Table>,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
    /// What is to be known about the data, in lines: tables without data, rows refused.
    pub notices: Vec<String>,
}

/// What [`crate::Engine::check`] says of a query.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text parses, whatever binding says.
    pub syntax_ok: bool,
    /// The columns of the last result; none where there are errors, or where they depend on data.
    pub columns: Option<Vec<Column>>,
    /// The addresses of external data that the query reads, each once.
    pub external: Vec<String>,
}
