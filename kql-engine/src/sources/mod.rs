//! Files, folders and batches as tables, and the schemas of the tables of Sentinel and Defender.
//!
//! [`discover`] finds the tables in files; [`open`] inspects a table's files and returns a DataFusion table with exactly
//! the types of [`crate::types`]. Opening reads text files once, for the names and types of their columns and for damaged
//! rows; scanning reads them again, but only what the query needs. For large files opening reads only samples, scanning
//! does both, and [`SourceTable::confirmed`] shows whether the samples were right.
//!
//! ```text
//! location.rs    where bytes are: on this computer, in an object store
//! input.rs       files as bytes: formats, compression, byte-order marks, blocks of lines
//! sniff.rs       the format of texts by their content            archive.rs  archives as folders
//! path.rs        what the user names   folders.rs  what is in a folder   examine.rs  one file of it
//! table_files.rs the files of tables   dated.rs    folders whose files are found when they are needed
//! recognise/     the format and product of a file                records.rs  unwraps rows
//! dates.rs       zones in headers, day or month first            summary.rs  descriptions for `kql data`
//! splits.rs      text files in splits                            scan_stats.rs   the result of reading a file
//! lines.rs       NDJSON            document.rs  other JSON       csv.rs, dialect.rs  CSV
//! csv_damage.rs  quotes in CSV that swallow rows
//! kinds.rs       the types of undeclared columns                 custom.rs    those of custom tables
//! builder.rs     texts and JSON values to columns                sink.rs, stream.rs  to batches
//! normalize.rs   Arrow columns of any type to ours               parquet.rs, batches.rs, memory.rs, provider.rs
//! nested.rs      lists, structs and maps as JSON                 lost.rs    values that do not fit
//! parquet_guard.rs   damaged Parquet files     parquet_objects.rs  those of object stores
//! evtx.rs        Windows event logs        workbook.rs  Excel    folder_dates.rs  dates in the names of folders
//! guard.rs       readers that panic                              ipc_lengths.rs   lengths in Arrow files
//! inspect.rs     the columns of a file
//! table.rs       all files of a table together
//! mapped.rs      partitions of a plan, with a function applied to each batch
//! numbered.rs    the positions of rows in a table                scan_codec.rs   scans as data, for other processes
//! columns.rs     columns that their owner keeps until they are needed
//! row_filter.rs  rows dropped while they are read
//! remembered.rs  what earlier runs found out about objects
//! rows.rs        rows before they are in a batch
//! held/          rows that many queries read
//! report.rs      problems in the input
//! ```

mod archive;
mod batches;
mod builder;
pub mod catalogue;
mod columns;
mod compression;
mod csv;
mod csv_damage;
mod custom;
mod dated;
mod dates;
mod dialect;
mod document;
mod error;
mod evtx;
mod examine;
mod folder_dates;
mod folders;
mod guard;
mod held;
mod input;
mod inspect;
mod ipc_lengths;
mod kinds;
mod lines;
mod location;
mod lost;
mod mapped;
mod memory;
mod nested;
mod normalize;
mod numbered;
mod options;
mod parquet;
mod parquet_guard;
mod parquet_objects;
mod path;
mod provider;
mod recognise;
mod records;
mod remembered;
mod report;
mod row_filter;
mod rows;
mod scan_codec;
mod scan_stats;
mod sink;
mod sniff;
mod splits;
mod stream;
mod summary;
mod table;
mod table_files;
#[cfg(test)]
mod tests;
mod workbook;

pub use catalogue::{ColumnAlias, Profile};
pub use columns::{ColumnSource, FetchError, from_columns, held_rows, is_stopped};
pub use dates::DateOrder;
pub use folder_dates::FolderDates;
pub use guard::in_reader;
pub use held::Moment;
pub(crate) use held::{Chunk, ChunkWriter, HeldTable, Room, TextFinder};
pub(crate) use input::unpacked;
pub(crate) use mapped::mapped;
pub use memory::from_batches;
pub use normalize::unsupported;
pub(crate) use numbered::{NumberExec, Numbered};
pub use options::OpenOptions;
pub(crate) use parquet::NAME as FROM_FILE;
pub(crate) use parquet_guard::ParquetGuard;
pub use path::{DataPath, discover};
pub use provider::from_provider;
pub use recognise::Known;
pub use report::InputReport;
pub(crate) use scan_codec::{
    ReceivedScans, ScanReport, SentScans, decode_conversion, decode_scan, encode_conversion, encode_scan,
    filter_columns,
};
pub(crate) use stream::TextScans;
pub use summary::FileSummary;
pub use table::{SourceTable, open};
pub use table_files::TableFiles;
