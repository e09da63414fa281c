//! What a table's files are, for telling a person.

use std::path::PathBuf;

/// What a file is, and what was made of it.
#[derive(Clone, Debug, Default)]
pub struct FileSummary {
    /// The file.
    pub path: PathBuf,
    /// What it was recognised as.
    pub format: &'static str,
    /// Its rows that are in the table; for Arrow IPC and packed Parquet it is 0, since only reading them tells.
    pub rows: u64,
    /// Its rows that are not, because they are damaged.
    pub refused: u64,
    /// The columns that it fills.
    pub columns: Vec<String>,
    /// Columns that only repeat others under a name with `_` behind it, and are left out.
    pub shadows: Vec<String>,
}
