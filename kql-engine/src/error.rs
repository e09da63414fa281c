//! Why there is no answer: what can be wrong with a query, with data, with settings, and with the engine itself.

use crate::defect::Defect;
use datafusion::common::DataFusionError;
use kql_parser::Diagnostic;
use std::any::Any;
use std::path::{Path, PathBuf};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query is wrong.
    #[error("{}", summary(.0))]
    Query(Vec<Diagnostic>),
    /// The data is at fault.
    #[error(transparent)]
    Data(#[from] SourceError),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
    /// The run failed.
    #[error("{0}")]
    Run(String),
    /// A function over all rows of a subquery failed, such as a plugin.
    #[error(transparent)]
    Function(Box<dyn std::error::Error + Send + Sync>),
    /// A [`RowWriter`](crate::RowWriter) refused rows.
    #[error(transparent)]
    Writer(Box<dyn std::error::Error + Send + Sync>),
    /// The engine has a defect; the report of it has the query and its plan.
    #[error("{0}")]
    Internal(Box<Defect>),
    /// The run was stopped (`Progress::stop`).
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// A panic, as a defect.
    pub(crate) fn broken_off(message: &str) -> Error {
        Error::Internal(Box::new(Defect::new(format!("the engine stopped: {message}"))))
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<String> =
        diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect();
    errors.join("\n")
}

/// What DataFusion reports, as an error of ours: the data's faults come through it unchanged.
pub(crate) fn run_error(error: DataFusionError) -> Error {
    match error.find_root() {
        DataFusionError::External(inner) => match inner.downcast_ref::<SourceError>() {
            Some(source) => Error::Data(source.clone()),
            None => Error::Run(inner.to_string()),
        },
        DataFusionError::ResourcesExhausted(_) => Error::Run(
            "The query exceeded its memory limit. Raise --memory, project fewer columns, or filter earlier.".to_owned(),
        ),
        DataFusionError::Execution(message) => Error::Run(message.clone()),
        DataFusionError::Internal(message) => Error::Internal(Box::new(Defect::new(message.clone()))),
        root => Error::Internal(Box::new(Defect::new(root.strip_backtrace()))),
    }
}

/// Why data cannot be used. Each message names the file, and what to do where that is not plain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The path names nothing.
    #[error("{}: no such file or folder", .0.display())]
    Missing(PathBuf),
    /// A folder without a single file that can be read.
    #[error(
        "{}: the folder has no data files; a table is a file or folder of .ndjson, .jsonl, .json, .csv, .tsv, .log, .txt, \
         .parquet, .arrow, .ipc, .evtx or .xlsx, also with .gz or .zst, or in a .zip or .tar", .0.display()
    )]
    NoData(PathBuf),
    /// A file whose name does not say what it holds.
    #[error(
        "{}: the format is not known from the name; use one of .ndjson, .jsonl, .json, .csv, .tsv, .log, .txt, .parquet, \
         .arrow, .ipc, .evtx, .xlsx, also with .gz or .zst, or in a .zip or .tar", .0.display()
    )]
    UnknownFormat(PathBuf),
    /// A text whose content does not say what it is.
    #[error(
        "{}: this text is neither JSON, nor CSV with a header, nor lines of Zeek, CEF, LEEF or syslog; if it is one of \
         them, call it .ndjson or .csv", .0.display()
    )]
    UnknownText(PathBuf),
    /// A pipe or a device.
    #[error("{}: not a regular file; data is read twice, so write a pipe or device to a file first", .0.display())]
    NoFile(PathBuf),
    /// A file that is another one now than when its table was opened.
    #[error("{}: the file changed after it was opened; start again", .0.display())]
    Changed(PathBuf),
    /// The operating system says no.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is not what its name says.
    #[error("{}: not a valid {format} file: {reason}", path.display())]
    NotThat {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// Why it is not.
        reason: String,
    },
    /// A damaged row, where none is allowed.
    #[error("{}: {}", path.display(), place(unit, *line, reason))]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the place counts: lines, or records of an event log.
        unit: &'static str,
        /// The place, from 1; 0 where the reason says it.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Dates whose order cannot be told.
    #[error("{}: line {line}: the date {reason}; pass --date-order dmy or --date-order mdy", path.display())]
    Dates {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Which date, and why it may be either.
        reason: String,
    },
    /// Dates in a local time that nobody knows.
    #[error(
        "{}: the column '{header}' has local times of an unknown time zone; pass the zone with --tz, for \
         example --tz Europe/Berlin", path.display()
    )]
    LocalTime {
        /// The file.
        path: PathBuf,
        /// The column's header.
        header: String,
    },
    /// Batches that cannot be a table.
    #[error("the table {table} cannot be created from these batches: {reason}")]
    Batches {
        /// The table's name.
        table: String,
        /// Why.
        reason: String,
    },
}

impl SourceError {
    pub(crate) fn unreadable(path: &Path, error: impl ToString) -> SourceError {
        SourceError::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn not_that(path: &Path, format: &'static str, error: impl ToString) -> SourceError {
        SourceError::NotThat { path: path.to_owned(), format, reason: error.to_string() }
    }
}

/// A place as a message shows it. Where its number is 0, the reason says where.
pub(crate) fn place(unit: &str, number: u64, reason: &str) -> String {
    let unit = if unit.is_empty() { "line" } else { unit };
    if number == 0 { reason.to_owned() } else { format!("{unit} {number}: {reason}") }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no reason was given",
    }
}
