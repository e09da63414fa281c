//! Why a graph has no answer.

use crate::plan::TableFunctionError;
use arrow::error::ArrowError;
use datafusion::common::DataFusionError;

/// Why a graph has no answer.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The first column does not tell which table a row is of.
    #[error("the rows of the graph are not numbered")]
    NotNumbered,
    /// A table of nodes lacks the column of its ids.
    #[error("a table of nodes has no ids")]
    NoIds,
    /// A column of the nodes or edges is not there.
    #[error("a column of a graph is missing")]
    NoColumn,
    /// An expression reads a column that no element of the pattern has.
    #[error("a column of a pattern is missing")]
    NoPatternColumn,
    /// A table of nodes lacks the column that parts the graph.
    #[error("a table of nodes has no column of the name behind partitioned-by")]
    NoPartitionColumn,
    /// The columns of the result are not those that were planned.
    #[error("the columns of the matches do not fit")]
    Mismatch,
    /// A node in two patterns, where cycles are excluded.
    #[error(
        "A node is part of two patterns of graph-match, and whether cycles=none allows this is not documented; use \
         cycles=all."
    )]
    SharedNode,
    /// An edge in two patterns.
    #[error(
        "An edge is part of two patterns of graph-match, and whether Kusto allows this is not documented; use \
         cycles=all."
    )]
    SharedEdge,
    /// A kernel of Arrow failed.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// An expression cannot be computed.
    #[error(transparent)]
    Expression(#[from] DataFusionError),
}

impl From<GraphError> for TableFunctionError {
    fn from(error: GraphError) -> TableFunctionError {
        match error {
            GraphError::Arrow(error) => error.into(),
            GraphError::Expression(error) => error.into(),
            other => TableFunctionError::Refused(Box::new(other)),
        }
    }
}
