//! Why a plugin has no result.

use crate::plan::TableFunctionError;
use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use std::num::TryFromIntError;

/// Why a plugin has no result for its rows.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// A column has another type than whole numbers.
    #[error("Expected a whole number.")]
    NotWhole,
    /// A weight that is not a number.
    #[error("A weight must be a number.")]
    WeightType,
    /// A negative or infinite weight.
    #[error("A weight must be 0 or more.")]
    Weight,
    /// More values than have a number.
    #[error("There are too many values.")]
    TooManyValues(#[source] TryFromIntError),
    /// More patterns than are looked for.
    #[error("There are too many patterns; raise the threshold or use fewer columns.")]
    TooManyPatterns,
    /// `new_activity_metrics`: more rows than are made.
    #[error("The windows produce too many rows.")]
    TooManyRows,
    /// `sequence_detect`: more sequences than are looked for.
    #[error("sequence_detect() found too many sequences; use smaller windows.")]
    TooManySequences,
    /// `sliding_window_counts`: more rows than are made.
    #[error("sliding_window_counts() would return more than {0} rows.")]
    TooManyWindows(usize),
    /// `diffpatterns`: one of the two sets is empty.
    #[error("diffpatterns(): no row has the value '{value}' in the column '{column}'.")]
    EmptySet {
        /// The value that rows of the set have.
        value: String,
        /// The column that splits the rows.
        column: String,
    },
    /// `schema_merge`: a column with two types.
    #[error("schema_merge(): '{name}' has the types {one} and {two}; how Kusto merges them is not documented.")]
    SeveralTypes {
        /// The column.
        name: String,
        /// Its first type in alphabetical order.
        one: String,
        /// The other.
        two: String,
    },
    /// `schema_merge`: two columns at one position.
    #[error("schema_merge(): '{one}' and '{two}' have the same position; how Kusto orders them is not documented.")]
    SamePosition {
        /// A column.
        one: String,
        /// The other.
        two: String,
    },
    /// A kernel of Arrow failed.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// A value cannot become an array.
    #[error(transparent)]
    Value(#[from] DataFusionError),
}

impl From<PluginError> for TableFunctionError {
    fn from(error: PluginError) -> TableFunctionError {
        match error {
            PluginError::Arrow(error) => error.into(),
            PluginError::Value(error) => error.into(),
            other => TableFunctionError::Refused(Box::new(other)),
        }
    }
}

/// Why a plugin over a timeline refuses its constants.
#[derive(Debug, thiserror::Error)]
pub enum ConstantsError {
    /// Another number of constants than the plugin declares.
    #[error("Expected {0} constants.")]
    Count(&'static str),
    /// `sliding_window_counts`: less is looked back than one window.
    #[error("LookbackWindow must not be smaller than Bin.")]
    Lookback,
}
