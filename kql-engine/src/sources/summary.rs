//! Descriptions of a table's files, for people.

use std::path::PathBuf;

/// The format and content of a file.
#[derive(Clone, Debug, Default)]
pub struct FileSummary {
    /// The file.
    pub path: PathBuf,
    /// The recognised format.
    pub format: &'static str,
    /// Its rows that are in the table; 0 for Arrow IPC and compressed Parquet, since only reading them shows the number.
    pub rows: u64,
    /// Its damaged rows, which are not in the table.
    pub refused: u64,
    /// The columns that it fills.
    pub columns: Vec<String>,
    /// Columns that only repeat others under a name with a final `_`, and are skipped.
    pub shadows: Vec<String>,
}
