//! Files, folders and batches as tables, and the schemas of the tables that Sentinel and Defender have.
//!
//! [`discover`] finds which files make which tables; [`open`] looks into a table's files and gives a
//! DataFusion table of exactly the types of [`crate::types`]. Opening reads text files once, for the names
//! and types of their columns and for damaged rows; scanning reads them again, only what is asked for. Of large files
//! opening reads samples only, scanning does both, and [`SourceTable::confirmed`] tells whether the samples were right.
//!
//! ```text
//! input.rs       files as bytes: formats, compression, byte-order marks, blocks of lines
//! sniff.rs       the format of texts by their content            archive.rs  archives as folders
//! recognise/     which product's format a file has        records.rs  rows out of their wrapping
//! dates.rs       zones in headers, day or month first     summary.rs  what `kql data` tells
//! json_text.rs   members of JSON objects as slices of the text   json_index.rs  where its lines and strings end
//! pieces.rs      text files in pieces                             survey.rs   what reading a file tells of it
//! lines.rs       NDJSON            document.rs  other JSON        csv.rs, csv_rows.rs, dialect.rs  CSV
//! simd.rs        64 bytes of text at a time
//! kinds.rs       the types of columns that no schema declares      custom.rs    those of custom tables
//! builder.rs     texts and JSON values to columns                 sink.rs, stream.rs  to batches
//! normalize.rs   Arrow columns of any type to ours                parquet.rs, batches.rs, memory.rs
//! evtx.rs        Windows event logs        workbook.rs  Excel     folder_dates.rs  dates in the names of folders
//! guard.rs       readers that panic                              ipc_lengths.rs   lengths in Arrow files
//! table.rs       all of a table's files together
//! numbered.rs    the places of rows in a table
//! sieve.rs       rows dropped while they are read
//! report.rs      what was wrong with the input
//! ```

mod archive;
mod batches;
mod builder;
pub mod catalogue;
mod csv;
mod csv_rows;
mod custom;
mod dates;
mod dialect;
mod document;
mod error;
mod evtx;
pub mod external;
mod folder_dates;
mod guard;
mod input;
mod ipc_lengths;
mod json_index;
mod json_shape;
mod json_text;
mod kinds;
mod lines;
mod memory;
mod normalize;
mod numbered;
mod parquet;
mod path;
mod pieces;
mod recognise;
mod records;
mod report;
mod sieve;
mod simd;
mod sink;
mod sniff;
mod stream;
mod summary;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod workbook;

pub use catalogue::Profile;
pub use dates::DateOrder;
pub use error::SourceError;
pub use external::ExternalFormat;
pub use folder_dates::FolderDates;
pub use guard::in_reader;
pub(crate) use guard::words;
pub use memory::from_batches;
pub(crate) use normalize::EPOCH as TICKS_OF_1970;
pub(crate) use numbered::Numbered;
pub use path::{DataPath, TableFiles, discover};
pub use recognise::Known;
pub use report::InputReport;
pub use summary::FileSummary;
pub use table::open;

use crate::types::TableSchema;
use datafusion::catalog::TableProvider;
use std::sync::Arc;

/// Two columns that tell the same: each stands in for the other in a file that has only one.
pub type Twin = (&'static str, &'static str);

/// How tables are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// A damaged row refuses the table, rather than being counted and left out.
    pub strict: bool,
    /// Whether the day or the month comes first in dates such as `3/4/2021`; else each file has to show it.
    pub date_order: Option<DateOrder>,
    /// The zone of columns whose header says `[Local Time]`.
    pub tz: Option<chrono_tz::Tz>,
    /// Which times the dates in the names of folders are.
    pub folder_dates: FolderDates,
    /// Text files of more bytes than this are sampled when they are opened.
    pub whole_below: u64,
    /// Text is read in pieces of about this size, on all processors.
    pub(crate) piece: u64,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            strict: false,
            date_order: None,
            tz: None,
            folder_dates: FolderDates::default(),
            whole_below: u64::MAX,
            piece: 16 << 20,
        }
    }
}

impl OpenOptions {
    /// The same where large files are only sampled: who reads the table asks [`SourceTable::confirmed`] then.
    pub fn sampled(self) -> OpenOptions {
        OpenOptions { whole_below: 48 << 20, ..self }
    }
}

/// A table that can be scanned.
#[derive(Clone, Debug)]
pub struct SourceTable {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub schema: TableSchema,
    /// Scans it; its Arrow schema is that of `schema`.
    pub provider: Arc<dyn TableProvider>,
    /// What was wrong with its input.
    pub report: Arc<InputReport>,
    /// What its files are.
    pub files: Vec<FileSummary>,
    /// How it was made, where that rests on samples.
    pub(crate) unsure: Option<Arc<table::Unsure>>,
}
