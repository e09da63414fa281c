//! The beginning of a file.

use super::super::dates::split_zone;
use super::super::dialect::Dialect;
use super::super::input::DataFile;
use crate::error::SourceError;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use kql_scan::json_text::{Cursor, Raw};
use kql_scan::unescape;
use std::io::Read;

/// Number of bytes that are examined.
const HEAD: u64 = 64 << 10;
/// Number of bytes for a CSV file, whose rows can be long.
const CSV_HEAD: u64 = 1 << 20;

fn read(file: &DataFile, mark: u64, length: u64) -> Result<Vec<u8>, SourceError> {
    let mut head = Vec::new();
    // an error such as a damaged archive is reported when the whole file is read
    let _ = file.reader_of(mark, length)?.take(length).read_to_end(&mut head);
    Ok(head)
}

/// The first object of a JSON file.
#[derive(Debug, Default)]
pub(super) struct JsonHead {
    /// Its keys, and the beginning of each value's unparsed text.
    members: Vec<(String, String)>,
    /// The values of the key Type in the objects of the head.
    pub types: Vec<String>,
}

impl JsonHead {
    pub(super) fn read(file: &DataFile, mark: u64) -> Result<JsonHead, SourceError> {
        let bytes = read(file, mark, HEAD)?;
        Ok(JsonHead::of(&String::from_utf8_lossy(&bytes)))
    }

    fn of(text: &str) -> JsonHead {
        let mut head = JsonHead::default();
        let mut cursor = Cursor::new(text);
        cursor.space();
        cursor.take(b'[');
        for number in 0.. {
            cursor.space();
            while cursor.take(b',') {
                cursor.space();
            }
            let (members, complete) = members(&mut cursor);
            let ty = members.iter().find(|(key, _)| key == "Type").and_then(|(_, value)| text_of(value));
            if complete
                && let Some(ty) = ty
                && !head.types.contains(&ty)
            {
                head.types.push(ty);
            }
            if number == 0 {
                head.members = members;
            }
            if !complete {
                break;
            }
        }
        head
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.members.iter().map(|(key, _)| key.as_str()).collect()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(k, _)| k == key)
    }

    /// The text of a value, or its beginning.
    pub(super) fn raw(&self, key: &str) -> &str {
        self.members.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value)
    }

    /// The value if it is a string.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        text_of(self.raw(key))
    }

    /// Whether the value begins with one of the characters.
    pub(super) fn begins(&self, key: &str, with: &[char]) -> bool {
        self.raw(key).starts_with(with)
    }

    /// Whether all values are strings or missing.
    pub(super) fn is_all_strings(&self) -> bool {
        self.members.iter().all(|(_, value)| value.starts_with('"') || value == "null")
    }
}

fn text_of(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    Some(unescape(inner).into_owned())
}

/// The members of the object at the cursor, as far as the text goes, and whether the object is complete.
fn members(cursor: &mut Cursor) -> (Vec<(String, String)>, bool) {
    const SHOWN: usize = 32 << 10;
    let mut members = Vec::new();
    if !cursor.take(b'{') {
        return (members, false);
    }
    loop {
        cursor.space();
        if cursor.take(b'}') {
            return (members, true);
        }
        let Ok(Raw::String(key)) = cursor.value() else { return (members, false) };
        let key = unescape(key).into_owned();
        cursor.space();
        if !cursor.take(b':') {
            return (members, false);
        }
        cursor.space();
        let from = cursor.at;
        let valid = cursor.value().is_ok();
        let to = if valid { cursor.at } else { usize::MAX };
        let text: String = cursor.between(from, to).chars().take(if valid { usize::MAX } else { SHOWN }).collect();
        members.push((key, text));
        cursor.space();
        if !valid {
            return (members, false);
        }
        if !cursor.take(b',') {
            let complete = cursor.take(b'}');
            return (members, complete);
        }
    }
}

/// The header of a CSV file, and the values of the column Type.
#[derive(Debug, Default)]
pub(super) struct CsvHead {
    pub header: Vec<String>,
    pub types: Vec<String>,
}

impl CsvHead {
    pub(super) fn read(file: &DataFile, mark: u64) -> Result<CsvHead, SourceError> {
        let dialect = Dialect::of(file, mark)?;
        let bytes = read(file, dialect.begin, CSV_HEAD)?;
        let cut = bytes.len() as u64 == CSV_HEAD;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).delimiter(dialect.delimiter);
        let mut rows = builder.from_reader(bytes.as_slice());
        let mut record = ByteRecord::new();
        let mut head = CsvHead::default();
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        if !rows.read_byte_record(&mut record).unwrap_or(false) {
            return Ok(head);
        }
        head.header = record.iter().map(text).collect();
        let Some(place) = head.header.iter().position(|h| h == "Type") else { return Ok(head) };
        while rows.read_byte_record(&mut record).unwrap_or(false) {
            let whole = record.len() >= head.header.len() && !(cut && rows.is_done());
            if let Some(ty) = record.get(place).filter(|_| whole).map(text)
                && !ty.is_empty()
                && !head.types.contains(&ty)
            {
                head.types.push(ty);
            }
        }
        Ok(head)
    }

    /// Whether there is a column with the name; a zone in the header is ignored.
    pub(super) fn has(&self, name: &str) -> bool {
        self.header.iter().any(|h| split_zone(h).0.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_cut_objects() {
        let head = JsonHead::of("[{\"Type\":\"A\",\"n\":1},\n{\"Type\":\"B\"}, {\"Type\":\"C");
        assert_eq!(head.names(), ["Type", "n"]);
        assert_eq!(head.types, ["A", "B"]);
        let cut = JsonHead::of("{\"tables\":[{\"name\":\"x");
        assert!(cut.begins("tables", &['[']) && cut.has("tables"));
        assert!(JsonHead::of("").names().is_empty() && JsonHead::of("{\"a").names().is_empty());
    }
}
