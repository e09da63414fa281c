//! What a query can name without defining it.

use super::InventedColumns;
use crate::error::{Error, SourceError};
use crate::external_files::ExternalRefused;
use crate::plan::{Expr, Query, Relation};
use crate::stored_rows::StoredRows;
use crate::types::{Column, TableSchema};
use crate::value::Value;
use std::sync::Arc;

/// A saved function, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFunction {
    /// `(a: long, b: string = "x")`
    pub parameters: String,
    /// The body, with or without braces.
    pub body: String,
}

/// What a query gets for external data without a local copy.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum ExternalMissing {
    /// The query is refused.
    #[default]
    Refuse,
    /// A table without rows, and a warning.
    Empty,
}

/// A range of times at which rows arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// The first, in ticks.
    pub from: i64,
    /// The end, in ticks, which does not belong to it.
    pub to: i64,
    /// How long after their time rows arrive that do not say when they did, in ticks.
    pub delay: i64,
}

/// Tables, saved functions and settings around a query.
pub trait Environment {
    /// The columns of a table. The error is a message about its data.
    fn table(&self, name: &str) -> Option<Result<TableSchema, SourceError>>;

    /// The columns of a table that can be named although no schema lists them, and whether its rows have each.
    fn hidden(&self, _: &str) -> Vec<(Column, bool)> {
        Vec::new()
    }

    /// Whether the rows of a service table lack the name of their table, which the service has in the column `Type`.
    fn lacks_type(&self, _: &str) -> bool {
        false
    }

    /// Whether a table can have rows; for most known tables only the columns are available.
    fn has_data(&self, name: &str) -> bool;

    /// All table names, for wildcards and suggestions.
    fn table_names(&self) -> Vec<String>;

    /// A saved function.
    fn function(&self, name: &str) -> Option<&StoredFunction>;

    /// All names of saved functions.
    fn function_names(&self) -> Vec<String>;

    /// The text given as value of a query parameter.
    fn parameter(&self, name: &str) -> Option<&str>;

    /// The time of the query, in ticks.
    fn now(&self) -> i64;

    /// The range of times, in ticks, that restricts the rows of every table; the end does not belong to it.
    fn times(&self) -> Option<(i64, i64)> {
        None
    }

    /// The range of times of arrival that restricts the rows of every table.
    fn arrivals(&self) -> Option<Arrivals> {
        None
    }

    /// The local file for a URL or a path of external data.
    fn external(&self, _: &str) -> Result<std::path::PathBuf, ExternalRefused> {
        Err(ExternalRefused::NoCopy)
    }

    /// What a query gets for external data without a local copy.
    fn external_missing(&self) -> ExternalMissing {
        ExternalMissing::default()
    }

    /// Whether there are only tables, without the functions of Sentinel and Defender.
    fn is_bare(&self) -> bool {
        false
    }

    /// The value of an expression without columns and subqueries; `None` if it cannot be computed.
    fn constant(&self, _: &Expr) -> Option<Value> {
        None
    }

    /// How many expressions the names of a query can stand for.
    fn max_plan_size(&self) -> usize {
        super::MAX_PLAN_SIZE
    }

    /// The columns of watchlists, beside those that each has, if watchlists and external data without rows are tables whose
    /// rows will be made up.
    fn invented(&self) -> Option<&InventedColumns> {
        None
    }

    /// Whether the run counts the rows of each step.
    fn traces(&self) -> bool {
        false
    }

    /// Whether parts of a query can run while it is bound.
    fn evaluates(&self) -> bool {
        false
    }

    /// The rows of a part of the query, for operators whose columns depend on them; `None` if nothing can run.
    fn evaluate(&self, _: &mut Query, _: &Relation) -> Option<Result<Arc<StoredRows>, Error>> {
        None
    }
}
