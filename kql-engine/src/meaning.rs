//! What the parts of a query stand for, for tools that judge a query without running it: types, constant values, columns.

use crate::answer::Checked;
use crate::registry::ColumnId;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::{Span, ast};
use std::collections::HashMap;
use std::sync::Arc;

/// A query that is parsed and bound, and what its parts stand for.
#[derive(Debug)]
pub struct Meaning {
    /// The syntax tree.
    pub query: ast::Query,
    /// What [`crate::Engine::check`] returns.
    pub checked: Checked,
    /// The value of `now()`, in ticks of 100 ns since the year 1.
    pub now: i64,
    pub(crate) parts: Parts,
}

/// What the parts of a query stand for. Parts of saved functions are not in it: their positions are in another text.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub(crate) expressions: HashMap<Span, ExprMeaning>,
    pub(crate) operators: HashMap<Span, OperatorMeaning>,
    pub(crate) tables: Vec<TableUse>,
    /// The table of each column of a table, as a position in `tables`.
    pub(crate) origins: HashMap<ColumnId, usize>,
}

/// What an expression stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ExprMeaning {
    /// Its type; unknown after an error, for columns of tables whose columns are not known, and where it differs between the
    /// calls of a function.
    pub ty: ScalarType,
    /// Its value, if it is the same for all rows and all calls.
    pub constant: Option<Value>,
    /// The column, if it is only the name of one.
    pub column: Option<ColumnId>,
}

/// What an operator does with the columns.
#[derive(Clone, Debug)]
pub struct OperatorMeaning {
    /// The columns of its input; none for an operator that begins a pipeline.
    pub input: Arc<Vec<ColumnMeaning>>,
    /// The columns that it returns.
    pub output: Arc<Vec<ColumnMeaning>>,
    /// Whether other columns can be in the output: those of a table that is not known.
    pub is_open: bool,
}

/// A column between two operators.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnMeaning {
    /// What identifies it within the query.
    pub id: ColumnId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ScalarType,
}

/// A table of the catalogue or the data that a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableUse {
    /// Its name.
    pub name: String,
    /// Where the query names it.
    pub span: Span,
}

impl Meaning {
    /// What the expression at this position stands for; `None` if it was not bound as a scalar.
    pub fn expr(&self, span: Span) -> Option<&ExprMeaning> {
        self.parts.expressions.get(&span)
    }

    /// What the operator at this position does with the columns; `None` if it was not bound.
    pub fn operator(&self, span: Span) -> Option<&OperatorMeaning> {
        self.parts.operators.get(&span)
    }

    /// The tables that the text of the query names, in the order in which they are bound.
    pub fn tables(&self) -> &[TableUse] {
        &self.parts.tables
    }

    /// The table that a column is read from; `None` for a column that the query computes.
    pub fn table_of(&self, column: ColumnId) -> Option<&str> {
        let table = self.parts.origins.get(&column)?;
        self.parts.tables.get(*table).map(|table| table.name.as_str())
    }
}
