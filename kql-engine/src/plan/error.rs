//! Why a function over the rows of a subquery has no result.

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;

/// Why a [`TableFunction`](super::TableFunction) has no result; the text is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum TableFunctionError {
    /// A kernel of Arrow failed.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// An expression cannot be computed.
    #[error(transparent)]
    Expression(#[from] DataFusionError),
    /// A column has another type than strings.
    #[error("Expected strings.")]
    NotStrings,
    /// The function refuses these rows, for a reason of its own.
    #[error(transparent)]
    Refused(Box<dyn std::error::Error + Send + Sync>),
}
