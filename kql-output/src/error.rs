//! Why a result cannot be written.

use crate::Format;

/// Why a result cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query failed while its rows were read.
    #[error(transparent)]
    Query(#[from] kql_engine::Error),
    /// The output cannot be written. [`std::io::ErrorKind::BrokenPipe`] means that its reader has closed it.
    #[error("The result cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// A writer of the format failed.
    #[error("The result cannot be written as {format}: {source}")]
    Encoding {
        /// The format's name.
        format: &'static str,
        /// What the writer reports.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The format holds a single result.
    #[error("A file of the format {format} holds one table, and the query returns {count}.")]
    SeveralResults {
        /// The format.
        format: Format,
        /// The number of results of the query.
        count: usize,
    },
    /// An SVG file holds one drawing.
    #[error("An SVG file holds one drawing, and the query returns several; HTML holds all of them.")]
    SeveralDrawings,
    /// No result asks for a drawing.
    #[error("There is nothing to draw: the query has no render that draws, such as | render timechart.")]
    NothingToDraw,
    /// The drawing cannot be made.
    #[error("There is no drawing: {0}.")]
    NotDrawn(#[from] NotDrawn),
}

impl Error {
    /// What a writer of a format reports.
    pub(crate) fn encoding(format: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Encoding { format, source: source.into() }
    }

    /// Whether the reader of the output has closed it.
    pub fn is_closed(&self) -> bool {
        matches!(self, Error::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// Why there is no drawing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawn {
    /// A chart on a map: `kind=map`.
    #[error("drawing a {0} on a map is not supported")]
    Map(String),
    /// A kind of chart that is not supported.
    #[error("drawing a {0} is not supported")]
    Kind(String),
    /// A property names a column that the result does not have.
    #[error("there is no column '{0}' to draw")]
    NoColumn(String),
    /// No column can be x.
    #[error("x needs a column of times or numbers")]
    NoX,
    /// No column has values.
    #[error("there is no numeric column to draw")]
    NoNumbers,
    /// A column of `ycolumns` has other values than numbers.
    #[error("the column '{0}' has no numbers to draw")]
    NotNumeric(String),
    /// No column measures the slices of a pie.
    #[error("a piechart needs a numeric column")]
    NoSlices,
}

impl NotDrawn {
    /// The reason, for a format that shows the rows instead.
    pub(crate) fn with_rows(&self) -> String {
        format!("{self}; the rows are shown instead")
    }
}
