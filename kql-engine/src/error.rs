//! Errors: what can be wrong with a query, with data, with settings, and with the engine itself.

use crate::budget;
use crate::defect::Defect;
use crate::runner::RemoteError;
use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use kql_parser::Diagnostic;
use std::any::Any;
use std::path::{Path, PathBuf};

/// Why a query failed.
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
    /// The query needs more memory than the engine may use ([`crate::Limits::memory`]).
    #[error(
        "The query exceeded its memory limit of {}{}. Raise --memory, project fewer columns, or filter earlier.",
        megabytes(*limit), operator.as_ref().map(|operator| format!(" in '{operator}'")).unwrap_or_default()
    )]
    Memory {
        /// The limit, in bytes.
        limit: usize,
        /// The operator or function that asked for more, as it is written in KQL.
        operator: Option<String>,
    },
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

impl From<crate::memory::Exceeded> for Error {
    fn from(exceeded: crate::memory::Exceeded) -> Error {
        Error::Memory { limit: exceeded.limit, operator: exceeded.operator }
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<String> =
        diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect();
    errors.join("\n")
}

/// Whether a panic or an error says that an array would have more text than its offsets can count.
pub fn is_overflow(message: &str) -> bool {
    message.contains("offset overflow")
}

/// The error if an array would have more text than its offsets can count.
pub(crate) const TOO_MUCH_TEXT: &str =
    "The query would create more than 2 GB of text in one batch of rows. Filter the rows first, or use shorter texts.";

const FULL_DISK: &str =
    "The disk is full: there is no space for temporary files. Free some, or set TMPDIR to a folder on another disk.";

/// Whether the operating system reports that a disk is full.
fn is_full_disk(error: &DataFusionError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = match error.downcast_ref::<ArrowError>() {
            Some(ArrowError::IoError(_, io)) => Some(io),
            _ => error.downcast_ref::<std::io::Error>(),
        };
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A DataFusion error as an error of ours; errors in the data are passed through unchanged.
pub(crate) fn run_error(error: DataFusionError) -> Error {
    if is_full_disk(&error) {
        return Error::Run(FULL_DISK.to_owned());
    }
    match error.find_root() {
        DataFusionError::External(inner) if inner.is::<budget::Stopped>() => Error::Interrupted,
        DataFusionError::External(inner) => {
            match (inner.downcast_ref::<SourceError>(), inner.downcast_ref::<RemoteError>()) {
                (Some(source), _) => Error::Data(source.clone()),
                (None, Some(remote)) => of_remote(remote.clone()),
                (None, None) => Error::Run(inner.to_string()),
            }
        }
        DataFusionError::ResourcesExhausted(message) => match crate::memory::exceeded(message) {
            Some(exceeded) => exceeded.into(),
            None => Error::Run(message.clone()),
        },
        DataFusionError::Execution(message) => Error::Run(message.clone()),
        DataFusionError::Internal(message) => Error::Internal(Box::new(Defect::new(message.clone()))),
        root if is_overflow(&root.strip_backtrace()) => Error::Run(TOO_MUCH_TEXT.to_owned()),
        root => Error::Internal(Box::new(Defect::new(root.strip_backtrace()))),
    }
}

fn of_remote(error: RemoteError) -> Error {
    match error {
        RemoteError::Data(message) => Error::Data(SourceError::Reported(message)),
        RemoteError::Run(message) => Error::Run(message),
        RemoteError::Memory { limit, operator } => Error::Memory { limit, operator },
        RemoteError::Internal(message) => Error::Internal(Box::new(Defect::new(message))),
        RemoteError::Stopped => Error::Interrupted,
    }
}

/// Why data cannot be used. Each message names the file, and what to do if that is not obvious.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The path does not exist.
    #[error("{}: no such file or folder", .0.display())]
    Missing(PathBuf),
    /// A folder without any file that can be read.
    #[error(
        "{}: the folder has no data files; a table is a file or folder of .ndjson, .jsonl, .json, .csv, .tsv, .log, .txt, \
         .parquet, .arrow, .ipc, .evtx or .xlsx, also with .gz or .zst, or in a .zip or .tar", .0.display()
    )]
    NoData(PathBuf),
    /// A file whose name does not show its format.
    #[error(
        "{}: the format is not known from the name; use one of .ndjson, .jsonl, .json, .csv, .tsv, .log, .txt, .parquet, \
         .arrow, .ipc, .evtx, .xlsx, also with .gz or .zst, or in a .zip or .tar", .0.display()
    )]
    UnknownFormat(PathBuf),
    /// A text whose content does not show its format.
    #[error(
        "{}: this text is neither JSON, nor CSV with a header, nor lines of Zeek, CEF, LEEF or syslog; if it is one of \
         them, call it .ndjson or .csv", .0.display()
    )]
    UnknownText(PathBuf),
    /// A pipe or a device.
    #[error("{}: not a regular file; data is read twice, so write a pipe or device to a file first", .0.display())]
    NoFile(PathBuf),
    /// A file that has changed since its table was opened.
    #[error("{}: the file changed after it was opened; start again", .0.display())]
    Changed(PathBuf),
    /// A file that has another length than where the query was planned.
    #[error(
        "{}: the file has {found} bytes here, and {expected} bytes where the query was planned; all hosts must have the \
         same files", path.display()
    )]
    OtherLength {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// Its length where the query was planned.
        expected: u64,
    },
    /// The operating system reports an error.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// An object store refuses a request, or cannot be reached.
    #[error("{url}: {reason}")]
    Store {
        /// The URL, without secrets.
        url: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The content of the file does not have the format of its name.
    #[error("{}: not a valid {format} file: {reason}", path.display())]
    NotThat {
        /// The file.
        path: PathBuf,
        /// The expected format.
        format: &'static str,
        /// Why it is not.
        reason: String,
    },
    /// A file whose damage shows only when its rows are read.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its reader reports.
        reason: String,
    },
    /// A damaged row, if none is allowed.
    #[error("{}: {}", path.display(), place(unit, *line, reason))]
    Refused {
        /// The file.
        path: PathBuf,
        /// The unit of the position: lines, or records of an event log.
        unit: &'static str,
        /// The position, counted from 1; 0 if the reason contains it.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Dates whose order is ambiguous.
    #[error("{}: line {line}: the date {reason}; pass --date-order dmy or --date-order mdy", path.display())]
    Dates {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The date, and why it is ambiguous.
        reason: String,
    },
    /// Dates in a local time whose time zone is unknown.
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
    /// What the owner of a table or another host reports. It names the table or the file.
    #[error("{0}")]
    Reported(String),
}

impl SourceError {
    pub(crate) fn unreadable(path: &Path, error: impl ToString) -> SourceError {
        SourceError::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn damaged(path: &Path, error: impl ToString) -> SourceError {
        SourceError::Damaged { path: path.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn not_that(path: &Path, format: &'static str, error: impl ToString) -> SourceError {
        SourceError::NotThat { path: path.to_owned(), format, reason: error.to_string() }
    }
}

/// A number of bytes for a message.
fn megabytes(bytes: usize) -> String {
    format!("{} MB", bytes >> 20)
}

/// A position for a message. If its number is 0, the reason contains the position.
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
