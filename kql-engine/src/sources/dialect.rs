//! The dialect of delimited text: the delimiter of the fields, and where the header begins.
//!
//! | the header | the delimiter |
//! | --- | --- |
//! | the line before it is `sep=;`, as spreadsheets write it | the one that it names |
//! | has fields with a comma, and all rows have as many | comma |
//! | has fields with `;`, a tab or a bar, and most rows have as many | that one; of several the one that fits best |
//! | is one plain name | none: the file has one column |
//!
//! Any other header fits no delimiter, and the file is refused: its rows would not be columns.

use super::input::DataFile;
use crate::error::SourceError;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::io::Read;

/// The delimiter of the fields, and the position of the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// The header's offset in the file.
    pub begin: u64,
    /// Number of lines before the header.
    pub lines: u64,
}

/// Number of bytes of a file that are examined.
const HEAD: u64 = 256 << 10;
/// Number of rows that are compared with the header.
const ROWS: usize = 64;
/// Of delimiters that fit equally well, the first is chosen.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Dialect {
    /// Examines the beginning of a file, after its byte-order mark.
    pub(super) fn of(file: &DataFile, mark: u64) -> Result<Dialect, SourceError> {
        let mut head = Vec::new();
        file.reader_of(mark, HEAD)?.take(HEAD).read_to_end(&mut head).map_err(|e| file.unreadable(e))?;
        let (named, rest) = separator(&head);
        let begin = mark + (head.len() - rest.len()) as u64;
        let lines = u64::from(begin > mark);
        let found = match named {
            Some(delimiter) => Ok(delimiter),
            None => delimiter(rest, Extent::of(&head, HEAD)),
        };
        let delimiter = found.map_err(|reason| SourceError::not_that(&file.path, "CSV", reason))?;
        Ok(Dialect { delimiter, begin, lines })
    }
}

/// The delimiter in a first line such as `sep=;`, and the text after that line.
fn separator(head: &[u8]) -> (Option<u8>, &[u8]) {
    let named = || {
        let rest = head.strip_prefix(b"sep=").or_else(|| head.strip_prefix(b"\"sep="))?;
        let (delimiter, rest) = rest.split_first()?;
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
        (!delimiter.is_ascii_alphanumeric() && delimiter.is_ascii() && !b"\"\r\n".contains(delimiter))
            .then_some((*delimiter, rest))
    };
    named().map_or((None, head), |(delimiter, rest)| (Some(delimiter), rest))
}

/// How much of a file is examined.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Extent {
    Whole,
    /// Its first bytes: the last row is cut off.
    Beginning,
}

impl Extent {
    /// What a head of at most `limit` bytes is.
    pub(super) fn of(head: &[u8], limit: u64) -> Extent {
        if (head.len() as u64) < limit { Extent::Whole } else { Extent::Beginning }
    }
}

/// The fields of a text with a given delimiter.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub header: Vec<String>,
    /// Number of examined rows, and number of those with as many fields as the header.
    pub rows: usize,
    pub fit: usize,
}

impl Reading {
    pub(super) fn of(text: &[u8], delimiter: u8, extent: Extent) -> Reading {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).delimiter(delimiter);
        let mut rows = builder.from_reader(text);
        let mut record = ByteRecord::new();
        let mut found = Reading::default();
        while found.rows < ROWS && rows.read_byte_record(&mut record).unwrap_or(false) {
            if found.header.is_empty() {
                found.header = record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
                continue;
            }
            if (extent == Extent::Beginning && rows.is_done()) || is_blank(&record) {
                continue;
            }
            let width = found.header.len();
            let surplus = || record.iter().skip(width).all(|field| matches!(field, b"" | b"\r"));
            found.rows += 1;
            found.fit += usize::from(record.len() == width || (record.len() > width && surplus()));
        }
        found
    }

    fn width(&self) -> usize {
        self.header.len()
    }

    /// Whether all rows have as many fields as the header, which has several.
    fn is_table(&self) -> bool {
        self.width() > 1 && self.fit == self.rows
    }

    /// Whether that is true except for a few damaged rows.
    pub(super) fn is_mostly_table(&self) -> bool {
        self.width() > 1 && (self.rows - self.fit <= 1 || self.fit * 4 >= self.rows * 3)
    }
}

/// The delimiter of a text, or why there is none.
fn delimiter(text: &[u8], extent: Extent) -> Result<u8, &'static str> {
    // a header that is longer than the examined part is reported when the file is read
    if extent == Extent::Beginning && !text.contains(&b'\n') {
        return Ok(b',');
    }
    let comma = Reading::of(text, b',', extent);
    if comma.header.iter().any(|name| name.trim_end_matches('\r').replace("\r\n", "").contains('\r')) {
        return Err("its lines end with carriage returns alone; save it with line feeds and try again");
    }
    if comma.is_table() || comma.width() == 0 {
        return Ok(b',');
    }
    // the share of matching rows, then the number of columns; of equal ones the first
    let mut best: Option<(u8, Reading)> = None;
    for delimiter in DELIMITERS {
        let reading = Reading::of(text, delimiter, extent);
        let fits = reading.fit * 2 >= reading.rows.max(1) || reading.rows == 0 || delimiter == b',';
        if reading.width() < 2 || !fits {
            continue;
        }
        let better = best.as_ref().is_none_or(|(_, best)| {
            let (new, old) = (reading.fit * best.rows.max(1), best.fit * reading.rows.max(1));
            (new, reading.width()) > (old, best.width())
        });
        if better {
            best = Some((delimiter, reading));
        }
    }
    match (best, comma.header.first()) {
        (Some((delimiter, _)), _) => Ok(delimiter),
        (None, Some(name)) if is_plain(name, text) => Ok(b','),
        (None, _) => Err("its header fits no delimiter; fields are parted by a comma, a semicolon, a tab or a bar"),
    }
}

/// Whether a header of one field is a single name, and not several with another delimiter. A character of a name, as in
/// `Name: first`, does not occur as often in every row.
fn is_plain(name: &str, text: &[u8]) -> bool {
    let name = name.trim();
    if name.contains([';', '\t', '|']) {
        return false;
    }
    let text = String::from_utf8_lossy(text);
    let rows: Vec<&str> = text.lines().skip(1).filter(|line| !line.trim().is_empty()).take(ROWS).collect();
    let parts = |mark: &str| {
        let wanted = name.matches(mark).count();
        let fit = rows.iter().filter(|row| row.matches(mark).count() == wanted).count();
        fit * 2 >= rows.len()
    };
    let usual = |c: char| c.is_alphanumeric() || " _-.()[]/#@$%&'?!+\u{fffd}".contains(c);
    // columns of a fixed width
    let wide = name.contains("  ") && rows.iter().all(|row| row.contains("  "));
    !wide && !name.chars().filter(|c| !usual(*c)).any(|c| parts(c.encode_utf8(&mut [0; 4])))
}

/// Whether the row is an empty line.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(b"\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        let of = |text: &str| delimiter(text.as_bytes(), Extent::Whole).map(char::from).map_err(|_| ());
        assert_eq!(of("a,b\n1,2\n"), Ok(','));
        assert_eq!(of("a;b\n1;2,5\n"), Ok(';'));
        assert_eq!(of("a\tb c\n1\t2\n"), Ok('\t'));
        assert_eq!(of("a|b|c\n1|2|3\n"), Ok('|'));
        // a name or a value can contain other delimiters
        assert_eq!(of("a;b, c;d\n1;2;3\n"), Ok(';'));
        assert_eq!(of("a,b|c\n1,x|y\n"), Ok(','));
        assert_eq!(of("\"a;b\",c\n\"1;2\",3\n"), Ok(','));
        assert_eq!(of("a;b;c\n"), Ok(';'));
        // rows that do not fit the header are counted, and change nothing
        assert_eq!(of("a,b\n1\n1,2,3\n"), Ok(','));
        assert_eq!(of("IpAddress\n192.0.2.1\n192.0.2.2\n"), Ok(','));
        assert_eq!(of(""), Ok(','));
        assert_eq!(of("Name: first\nann\nbob\n"), Ok(','));
        assert_eq!(of("Is admin?\nyes\n"), Ok(','));
        for none in ["a:b:c\n1:2:3\n", "a^b\n1^2\n", "Name   Id\n----   --\n", "a;b\nx y z\n1,2\n", "a,b\r1,2\r3,4"] {
            assert_eq!(of(none), Err(()), "{none}");
        }
    }

    #[test]
    fn first_lines_that_name_the_delimiter() {
        assert_eq!(separator(b"sep=;\r\na;b\n"), (Some(b';'), &b"a;b\n"[..]));
        assert_eq!(separator(b"\"sep=^\"\na^b\n"), (Some(b'^'), &b"a^b\n"[..]));
        assert_eq!(separator(b"sep=a\n"), (None, &b"sep=a\n"[..]));
        assert_eq!(separator(b"sep"), (None, &b"sep"[..]));
    }
}
