//! How tables are opened.

use super::dates::DateOrder;
use super::folder_dates::FolderDates;

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
    /// Text is read in splits of about this size, on all processors.
    pub(crate) split_bytes: u64,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            strict: false,
            date_order: None,
            tz: None,
            folder_dates: FolderDates::default(),
            whole_below: u64::MAX,
            split_bytes: 16 << 20,
        }
    }
}

impl OpenOptions {
    /// The same where large files are only sampled: who reads the table asks [`super::SourceTable::confirmed`] then.
    pub fn sampled(self) -> OpenOptions {
        OpenOptions { whole_below: 48 << 20, ..self }
    }
}
