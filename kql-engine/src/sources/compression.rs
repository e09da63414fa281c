//! The compression of a file, by its name.

use serde::{Deserialize, Serialize};

/// The compression of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// The name without the compression's extension.
    pub(super) fn split(name: &str) -> (&str, Compression) {
        match name.rsplit_once('.') {
            Some((stem, e)) if e.eq_ignore_ascii_case("gz") => (stem, Compression::Gzip),
            Some((stem, e)) if e.eq_ignore_ascii_case("zst") => (stem, Compression::Zstd),
            _ => (name, Compression::None),
        }
    }
}
