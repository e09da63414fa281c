//! Why a file, or a row of it, cannot be read. [`crate::error::SourceError`] adds which file it is.

use calamine::XlsxError;
use std::io;
use zip::CompressionMethod;
use zip::result::ZipError;

/// Why a reader of others gave up: the message of its panic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reader gave up: {0}")]
pub(super) struct ReaderPanic(pub String);

/// Why a row of CSV, or of a format like it, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowError {
    /// Another number of fields than the header.
    #[error("the row has {found} field{}, the header {wanted}", if *found == 1 { "" } else { "s" })]
    Fields {
        /// Those of the row.
        found: usize,
        /// Those of the header.
        wanted: usize,
    },
    /// More bytes than a row may have.
    #[error("the row is too long")]
    TooLong,
    /// Bytes that are no text.
    #[error("the text is not valid UTF-8")]
    NotUtf8,
    /// The file ends within quotes.
    #[error("the text ends inside a quoted value")]
    Cut,
    /// A quote that is not closed where a value can end, while the lines after it are rows.
    #[error("a value begins with a quote that does not belong there")]
    Quote,
}

/// Why columns cannot be those of a table: two have this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two columns are called {0}")]
pub(super) struct DuplicateColumn(pub String);

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    /// The name does not say how it is packed.
    #[error("its name is not that of an archive")]
    NotAnArchive,
    /// More than this many gigabytes.
    #[error("it unpacks to more than {0} GB; unpack it yourself, and name the folder")]
    TooLarge(u64),
    /// More than this many gigabytes, in memory.
    #[error("it unpacks to more than {0} GB")]
    TooLargeForMemory(u64),
    /// More than this many times its size.
    #[error("it unpacks to more than {0} times its size, which logs never do")]
    Growth(u64),
    /// More than this many entries.
    #[error("it has more than {0} entries; unpack it yourself, and name the folder")]
    TooManyEntries(usize),
    /// An entry with a password.
    #[error("{0} is encrypted; unpack it with its password, and name the folder")]
    Encrypted(String),
    /// An entry that is packed in a way that is not supported.
    #[error("{name} is packed as {method}; unpack it yourself, and name the folder")]
    Packing {
        /// The entry.
        name: String,
        /// How it is packed.
        method: CompressionMethod,
    },
    /// An entry without its bytes.
    #[error("{0} is not where the archive says")]
    Misplaced(String),
    /// An entry past the end.
    #[error("{0} lies beyond the end of the archive")]
    BeyondEnd(String),
    /// Entries with more bytes than the archive.
    #[error("its entries overlap")]
    Overlap,
    /// Less than a header.
    #[error("it ends within its first header")]
    CutHeader,
    /// Less than its entries.
    #[error("it is cut off")]
    Cut,
    /// More after the mark that ends it.
    #[error("it goes on after its end mark")]
    AfterEnd,
    /// The directory of a `.zip` cannot be read.
    #[error("not a valid .zip archive, or truncated: {0}")]
    NotZip(#[source] ZipError),
    /// A header of a `.tar` cannot be read.
    #[error("not a valid .tar archive, or truncated or damaged: {0}")]
    NotTar(#[source] io::Error),
    /// The compression around a `.tar` is damaged.
    #[error("it cannot be unpacked, or is cut off: {0}")]
    NotUnpacked(#[source] io::Error),
    /// The reader of `.zip` reports an error.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The operating system reports an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The reader panicked.
    #[error(transparent)]
    Panic(#[from] ReaderPanic),
}

/// Why an Excel workbook cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkbookError {
    /// The archive that a workbook is.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The workbook as a whole.
    #[error(transparent)]
    Workbook(#[from] XlsxError),
    /// A sheet.
    #[error("the sheet {name}: {source}")]
    Sheet {
        /// The sheet's name.
        name: String,
        /// What the reader reports.
        source: XlsxError,
    },
    /// Cells that are far from each other.
    #[error(
        "the cells of the sheet {name} span {rows} rows and {columns} columns; delete those that do not belong there"
    )]
    Span {
        /// The sheet's name.
        name: String,
        /// Between the first and the last row.
        rows: u64,
        /// Between the first and the last column.
        columns: u64,
    },
    /// The reader panicked.
    #[error(transparent)]
    Panic(#[from] ReaderPanic),
}
