//! What a query can name that it does not define itself.

use crate::error::{Error, SourceError};
use crate::plan::{Expr, Query, Relation};
use crate::types::{Column, TableSchema};
use crate::value::Value;
use arrow::array::RecordBatch;

/// A saved function, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFunction {
    /// `(a: long, b: string = "x")`
    pub parameters: String,
    /// The body, with or without braces.
    pub body: String,
}

/// What a query gets of external data that has no local copy.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum ExternalMissing {
    /// The query is refused.
    #[default]
    Refuse,
    /// A table without rows, and a warning.
    Empty,
}

/// Tables, saved functions and settings around a query.
pub trait Environment {
    /// The columns of a table; the error says why its data cannot be read.
    fn table(&self, name: &str) -> Option<Result<TableSchema, SourceError>>;

    /// The columns of a table that may be named, though no schema lists them, and whether its rows have each.
    fn hidden(&self, _: &str) -> Vec<(Column, bool)> {
        Vec::new()
    }

    /// Whether the rows of a table of the service do not say which table they are of, which `Type` does there.
    fn lacks_type(&self, _: &str) -> bool {
        false
    }

    /// Whether a table may have rows; of most known ones only the columns are.
    fn has_data(&self, name: &str) -> bool;

    /// All table names, for wildcards and suggestions.
    fn table_names(&self) -> Vec<String>;

    /// A saved function.
    fn function(&self, name: &str) -> Option<&StoredFunction>;

    /// All names of saved functions.
    fn function_names(&self) -> Vec<String>;

    /// The text given for a query parameter.
    fn parameter(&self, name: &str) -> Option<&str>;

    /// The time of the query, in ticks.
    fn now(&self) -> i64;

    /// The local file that an address of external data stands for.
    fn external(&self, _: &str) -> Option<std::path::PathBuf> {
        None
    }

    /// What a query gets of external data that has no local copy.
    fn external_missing(&self) -> ExternalMissing {
        ExternalMissing::default()
    }

    /// Whether there are only tables, and not the functions that Sentinel and Defender have.
    fn is_bare(&self) -> bool {
        false
    }

    /// The value of an expression without columns and subqueries; none where it cannot be computed.
    fn constant(&self, _: &Expr) -> Option<Value> {
        None
    }

    /// Whether parts of a query may be run while it is bound.
    fn evaluates(&self) -> bool {
        false
    }

    /// The rows of a part of the query, for operators whose columns depend on them; none where nothing may be run.
    fn evaluate(&self, _: &mut Query, _: &Relation) -> Option<Result<Vec<RecordBatch>, Error>> {
        None
    }
}
