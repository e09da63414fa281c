//! Why a query or a command has no answer, whatever protocol it came by.

use crate::scrub::scrub;
use axum::http::StatusCode;
use kql_engine::Error;
use kql_parser::Diagnostic;
use std::time::Duration;

/// Why a query or a command has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryError {
    /// The text is not a valid query.
    #[error("{message}")]
    Invalid {
        /// The first error, with its position.
        message: String,
        /// Whether the text does not parse; else its names or types are wrong.
        is_syntax: bool,
        /// All findings.
        diagnostics: Vec<Diagnostic>,
    },
    /// The request is wrong.
    #[error("{0}")]
    Request(String),
    /// What the request names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The server does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// The data cannot be read, or the run failed.
    #[error("{0}")]
    Failed(String),
    /// The result or the run is larger than it can be.
    #[error("{0}")]
    Limit(String),
    /// The query ran for too long.
    #[error("The query was stopped after its time limit of {} seconds.", .0.as_secs_f64())]
    Timeout(Duration),
    /// The query was cancelled.
    #[error("The query was cancelled.")]
    Cancelled,
    /// Too many queries run.
    #[error("Too many queries are running. Try again in {} seconds.", .0.as_secs().max(1))]
    Busy(Duration),
    /// The server has a defect; its log has the report.
    #[error("The query failed because of a defect in the engine. The log of the server has a report.")]
    Defect,
}

impl QueryError {
    /// The status of an answer, in the protocols that tell most errors by 400.
    pub fn status(&self) -> StatusCode {
        match self {
            QueryError::Forbidden(_) => StatusCode::FORBIDDEN,
            QueryError::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            QueryError::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
            QueryError::Defect => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// An error of the engine about a query.
    pub fn of(error: Error, text: &str) -> QueryError {
        match error {
            Error::Query(diagnostics) => QueryError::invalid(diagnostics, text),
            Error::Interrupted => QueryError::Cancelled,
            Error::Internal(defect) => {
                eprintln!("error: {defect}");
                QueryError::Defect
            }
            error @ Error::Memory { .. } => QueryError::Limit(scrub(&error.to_string())),
            error @ Error::Setting(_) => QueryError::Request(scrub(&error.to_string())),
            error => QueryError::Failed(scrub(&error.to_string())),
        }
    }

    fn invalid(mut diagnostics: Vec<Diagnostic>, text: &str) -> QueryError {
        for diagnostic in &mut diagnostics {
            diagnostic.help = diagnostic.help.take().map(|help| scrub(&help)).filter(|help| !help.is_empty());
        }
        let is_syntax = kql_parser::parse(text).diagnostics.iter().any(Diagnostic::is_error);
        let first = diagnostics.iter().find(|d| d.is_error());
        let message = first.map_or_else(String::new, |d| {
            let (line, column) = position(text, d.span.start as usize);
            let help = d.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}: {}{help} [line:position={line}:{column}]", d.code, d.message)
        });
        QueryError::Invalid { message: scrub(&message), is_syntax, diagnostics }
    }
}

/// The line and the column of an offset, both counted from 1.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or("").chars().count() + 1)
}
