//! The format of a file by its first bytes, if its name does not determine it.
//!
//! | the text begins with | it is |
//! | --- | --- |
//! | `ElfFile` | a Windows event log, whatever its name |
//! | `#separator`, `#fields` | a log of Zeek, also in a `.csv` or `.tsv` |
//! | `{"` or `[{` | JSON |
//! | lines of CEF, LEEF or syslog, most of them | such lines |
//! | a header of names, and rows with as many fields | CSV |
//!
//! For a file whose name gives no hint at all, only the first, second and fourth rows apply, which are unlikely to match by
//! chance.

use super::archive::Member;
use super::compression::Compression;
use super::dialect::{Extent, Reading};
use super::input::{self, DataFile, Format, Named};
use super::location::Location;
use super::recognise::is_log_line;
use std::path::Path;
use std::sync::Arc;

/// Number of bytes that are examined.
const HEAD: u64 = 64 << 10;
/// Number of lines that are examined.
const LINES: usize = 20;

/// A data file, or one in an archive at a location; `None` if neither the name nor the first bytes determine the format.
/// `path` is its path in messages.
pub(super) fn data_file(path: &Path, location: Location, member: Option<Arc<Member>>) -> Option<DataFile> {
    let name = path.file_name()?.to_string_lossy();
    if name.starts_with('.') {
        return None;
    }
    let (rest, compression) = Compression::split(&name);
    let named = Named::split(rest).map(|(_, named)| named);
    let mut file = DataFile { path: path.to_owned(), location, format: Format::Csv, compression, member };
    file.format = match named {
        // that costs a request for each object, and no event log has this name
        Some(Named::Is(Format::Parquet)) if file.location.object().is_some() => Format::Parquet,
        _ => format(&file, named)?,
    };
    Some(file)
}

impl DataFile {
    /// A file whose format is known; `None` if it has no name.
    pub(super) fn of_format(
        path: &Path,
        location: Location,
        member: Option<Arc<Member>>,
        format: Format,
    ) -> Option<DataFile> {
        let name = path.file_name()?.to_string_lossy();
        let (_, compression) = Compression::split(&name);
        Some(DataFile { path: path.to_owned(), location, format, compression, member })
    }
}

/// The format of a file, given what its name shows; `None` if it is unknown.
fn format(file: &DataFile, named: Option<Named>) -> Option<Format> {
    let head = match named {
        Some(Named::Is(_)) => file.head(16),
        _ => file.head(HEAD),
    };
    if head.starts_with(&input::EVTX_MAGIC) {
        return Some(Format::Evtx);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let zeek = text.starts_with(b"#separator") || text.starts_with(b"#fields\t");
    match named {
        Some(Named::Is(Format::Csv)) | None if zeek => Some(Format::Zeek),
        Some(Named::Is(format)) => Some(format),
        Some(Named::Text) if zeek => Some(Format::Zeek),
        Some(Named::Text) => of_text(text, Extent::of(&head, HEAD)),
        None => is_lines(text).then_some(Format::Syslog),
    }
}

/// The format of a text.
fn of_text(text: &[u8], extent: Extent) -> Option<Format> {
    // UTF-16 text is refused when it is read, and an empty text is an empty table
    if text.is_empty() || matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, 0, _, ..] | [_, 0, _, 0, ..]) {
        return Some(Format::Csv);
    }
    if is_json(text) {
        return Some(Format::Json { lines: false });
    }
    if is_lines(text) {
        return Some(Format::Syslog);
    }
    is_table(text, extent).then_some(Format::Csv)
}

fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let after = |text: &[u8]| text.get(1..).unwrap_or_default().trim_ascii_start().first().copied();
    match text.first() {
        Some(b'{') => matches!(after(text), Some(b'"' | b'}')),
        Some(b'[') => matches!(after(text), Some(b'{' | b']')),
        _ => false,
    }
}

/// Whether the first line, and most of those that follow, are CEF, LEEF or syslog.
fn is_lines(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let Some(first) = lines.next() else { return false };
    let (mut all, mut known) = (1usize, 1);
    for line in lines {
        all += 1;
        known += usize::from(is_log_line(line));
    }
    is_log_line(first) && known * 2 >= all
}

/// Whether a text of unknown format has a header of names and rows that fit it.
fn is_table(text: &[u8], extent: Extent) -> bool {
    [b',', b';', b'\t', b'|'].iter().any(|delimiter| {
        let reading = Reading::of(text, *delimiter, extent);
        let name = |name: &String| {
            let name = name.trim();
            (1..=64).contains(&name.chars().count())
                && name.starts_with(|c: char| c.is_alphabetic() || "_@#$".contains(c))
                && name.split_whitespace().count() <= 4
                && !name.ends_with(['.', '!', '?', ':'])
                // a pair is a value
                && !name.contains('=')
        };
        reading.is_mostly_table() && reading.header.iter().all(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let of = |text: &str| of_text(text.as_bytes(), Extent::Whole);
        assert_eq!(of("{\"a\":1}\n{\"a\":2}\n"), Some(Format::Json { lines: false }));
        assert_eq!(of(" [\n {\"a\":1}]"), Some(Format::Json { lines: false }));
        assert_eq!(of("Time\tUser\n1\ta\n"), Some(Format::Csv));
        assert_eq!(of("Time;User name\n1;a, b\n"), Some(Format::Csv));
        assert_eq!(of("CEF:0|a|b|1|2|c|3|src=192.0.2.1\n"), Some(Format::Syslog));
        assert_eq!(of("<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n"), Some(Format::Syslog));
        assert_eq!(of("Oct 11 22:14:15 mymachine su[12]: failed\nand a line more\n"), Some(Format::Syslog));
        for none in
            ["[2024-01-01 10:00:00] started, ok\n", "Hello, world.\nthis, is text\n", "{ some text\n", "a b c\n"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
