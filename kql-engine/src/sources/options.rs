//! How tables are opened.

use super::dates::DateOrder;
use super::folder_dates::FolderDates;
use super::input::DataFile;

/// Larger objects are sampled.
const OBJECT: u64 = 1 << 20;

/// How tables are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Whether a damaged row fails the table; otherwise it is counted and skipped.
    pub strict: bool,
    /// Whether the day or the month comes first in dates such as `3/4/2021`; if `None`, each file has to show it.
    pub date_order: Option<DateOrder>,
    /// The time zone of columns whose header says `[Local Time]`.
    pub tz: Option<chrono_tz::Tz>,
    /// Whether what is found out about objects is kept for later runs, in the user's cache folder.
    pub remember: bool,
    /// The meaning of the dates in the names of folders.
    pub folder_dates: FolderDates,
    /// Text files with more bytes than this are sampled when they are opened.
    pub whole_below: u64,
    /// Whether samples are enough when a table is opened.
    pub(crate) sampled: bool,
    /// Text is read in splits of about this size, on all processors.
    pub(crate) split_bytes: u64,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            strict: false,
            date_order: None,
            tz: None,
            remember: true,
            folder_dates: FolderDates::default(),
            whole_below: u64::MAX,
            sampled: false,
            split_bytes: 16 << 20,
        }
    }
}

impl OpenOptions {
    /// The options with sampling of large files: the caller must call [`super::SourceTable::confirmed`] after reading the
    /// table.
    pub fn sampled(self) -> OpenOptions {
        OpenOptions { whole_below: 48 << 20, sampled: true, ..self }
    }

    /// The size from which a file is sampled. An object is read only once if it can be: that takes time.
    pub(super) fn whole_below_for(&self, file: &DataFile) -> u64 {
        match file.location.object() {
            Some(_) if self.sampled => self.whole_below.min(OBJECT),
            _ => self.whole_below,
        }
    }
}
