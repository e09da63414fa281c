//! The files of `externaldata`: columns by position in delimited text, by name in JSON.

use crate::dynamic::write;
use crate::error::{SourceError, run_error};
use crate::extract::{Unconverted, converted};
use crate::sources::unpacked;
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, StringArray, StringBuilder};
use std::path::Path;

/// The format of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalFormat {
    /// `csv`, `txt`, `json` and so on; `None` if the file's name determines it.
    pub name: Option<String>,
    /// Whether the first record is a header.
    pub ignore_first: bool,
}

/// The columns of a file, and notices about it.
pub fn read(
    path: &Path,
    format: &ExternalFormat,
    columns: &[(String, ScalarType)],
) -> Result<(Vec<ArrayRef>, Vec<String>), SourceError> {
    let (bytes, stem) = unpacked(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let by_name = stem.rsplit_once('.').map_or("csv", |(_, extension)| extension).to_ascii_lowercase();
    let kind = format.name.as_deref().unwrap_or(&by_name);
    rows(path, bytes, kind, format.ignore_first, columns)
}

/// The columns of rows in a format, given by its name in any case; `path` is the file they come from.
pub(crate) fn rows(
    path: &Path,
    bytes: &[u8],
    kind: &str,
    ignore_first: bool,
    columns: &[(String, ScalarType)],
) -> Result<(Vec<ArrayRef>, Vec<String>), SourceError> {
    let kind = kind.to_ascii_lowercase();
    let mut builders: Vec<StringBuilder> = columns.iter().map(|_| StringBuilder::new()).collect();
    let mut notices = Vec::new();
    let rows = match kind.as_str() {
        "txt" | "raw" | "w3clogfile" => lines(bytes, &kind, ignore_first, &mut builders),
        "json" | "multijson" | "singlejson" | "ndjson" | "jsonl" => {
            objects(path, bytes, columns, &mut builders, &mut notices)?
        }
        _ => {
            let delimiter = match kind.as_str() {
                "tsv" | "tsve" => b'\t',
                "psv" => b'|',
                "scsv" => b';',
                "sohsv" => 1,
                _ => b',',
            };
            delimited(path, bytes, delimiter, ignore_first, &mut builders, &mut notices)?
        }
    };
    let types: Vec<ScalarType> = columns.iter().map(|(_, ty)| *ty).collect();
    let texts: Vec<StringArray> = builders.iter_mut().map(StringBuilder::finish).collect();
    let dynamic: Vec<Option<ArrayRef>> =
        texts.iter().zip(&types).map(|(text, ty)| (*ty == ScalarType::Dynamic).then(|| parsed(text))).collect();
    let (_, converted) = converted(texts, &types, vec![true; rows], Unconverted::IsNull)
        .map_err(|error| SourceError::unreadable(path, run_error(error)))?;
    let arrays = converted.into_iter().zip(dynamic).map(|(array, dynamic)| dynamic.unwrap_or(array)).collect();
    Ok((arrays, notices))
}

/// Texts as `parse_json()` converts them.
fn parsed(texts: &StringArray) -> ArrayRef {
    let mut builder = StringBuilder::new();
    let mut json = String::new();
    for i in 0..texts.len() {
        json.clear();
        if !texts.is_null(i) && crate::dynamic::read::normalize(texts.value(i), &mut json) {
            builder.append_value(&json);
        } else {
            builder.append_null();
        }
    }
    std::sync::Arc::new(builder.finish())
}

/// Every line is a row; for `raw`, the whole text is one row.
fn lines(bytes: &[u8], kind: &str, ignore_first: bool, builders: &mut [StringBuilder]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let mut rows = 0;
    let mut push = |line: &str| {
        for (i, builder) in builders.iter_mut().enumerate() {
            if i == 0 { builder.append_value(line) } else { builder.append_null() }
        }
        rows += 1;
    };
    if kind == "raw" {
        push(&text);
    } else {
        text.lines().skip(usize::from(ignore_first)).for_each(&mut push);
    }
    rows
}

fn delimited(
    path: &Path,
    bytes: &[u8],
    delimiter: u8,
    ignore_first: bool,
    builders: &mut [StringBuilder],
    notices: &mut Vec<String>,
) -> Result<usize, SourceError> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(ignore_first).delimiter(delimiter).flexible(true).from_reader(bytes);
    let (mut rows, mut refused) = (0, 0u64);
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                for (i, builder) in builders.iter_mut().enumerate() {
                    match record.get(i).map(String::from_utf8_lossy) {
                        Some(text) => builder.append_value(text),
                        None => builder.append_null(),
                    }
                }
                rows += 1;
            }
            Ok(false) => break,
            Err(e) if e.is_io_error() => return Err(SourceError::unreadable(path, e)),
            Err(_) => refused += 1,
        }
    }
    if refused > 0 {
        notices.push(format!("{}: {refused} rows were skipped: they are not valid delimited text", path.display()));
    }
    Ok(rows)
}

/// Objects one after the other, or in arrays.
fn objects(
    path: &Path,
    bytes: &[u8],
    columns: &[(String, ScalarType)],
    builders: &mut [StringBuilder],
    notices: &mut Vec<String>,
) -> Result<usize, SourceError> {
    let mut rows = 0;
    let mut push = |object: &serde_json::Map<String, serde_json::Value>| {
        for (builder, (name, ty)) in builders.iter_mut().zip(columns) {
            match object.get(name) {
                None | Some(serde_json::Value::Null) => builder.append_null(),
                Some(serde_json::Value::String(text)) if *ty == ScalarType::Dynamic => {
                    let mut json = String::new();
                    write::string(text, &mut json);
                    builder.append_value(json);
                }
                Some(serde_json::Value::String(text)) => builder.append_value(text),
                Some(other) => builder.append_value(other.to_string()),
            }
        }
        rows += 1;
    };
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>() {
        match value {
            Ok(serde_json::Value::Object(object)) => push(&object),
            Ok(serde_json::Value::Array(items)) => {
                items.iter().filter_map(serde_json::Value::as_object).for_each(&mut push);
            }
            Ok(_) => {}
            Err(e) if rows == 0 => return Err(SourceError::not_that(path, "JSON", e)),
            Err(e) => {
                notices.push(format!("{}: the rest of the file was skipped: {e}", path.display()));
                break;
            }
        }
    }
    Ok(rows)
}
