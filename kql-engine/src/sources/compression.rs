//! How a file is packed, by its name.

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
