//! CSV: a header, then a row a line, or several where quotes hold line breaks.
//!
//! A row must have as many fields as the header; one more or less, and nobody knows which column is which,
//! so the row is refused. Surplus fields that are empty are let pass, as are columns without a name.

use super::SourceError;
use super::dates::{Zone, split_zone};
use super::input::{Compression, DataFile, LONGEST, ShortLines};
use super::kinds::Kinds;
use super::lines::{Declared, Survey};
use super::sink::{Mapping, RowReader, Sink};
use csv::{ByteRecord, Position, Reader, ReaderBuilder, Terminator};
use datafusion::common::{DataFusionError, Result};
use std::io::Read;
use std::sync::Arc;

/// Parts of about this size are read at the same time.
const PART: u64 = 8 << 20;

pub(super) type CsvReader = Reader<Box<dyn Read + Send>>;

/// A part of a file: where it begins, its length, and the number of lines before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub from: u64,
    pub length: u64,
    pub line: u64,
}

pub(super) fn reader(file: &DataFile, part: Part) -> Result<CsvReader, SourceError> {
    let bytes: Box<dyn Read + Send> =
        Box::new(ShortLines { reader: Box::new(file.reader(part.from)?.take(part.length)), length: 0 });
    // Rows end at line feeds alone, so that lines are counted right; see `without_return`.
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).buffer_capacity(1 << 18);
    Ok(builder.from_reader(bytes))
}

/// The last field of a row without the carriage return of the line's end.
fn without_return(field: &[u8]) -> &[u8] {
    field.strip_suffix(b"\r").unwrap_or(field)
}

/// Whether the row is an empty line.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(b"\r")
}

/// The fields of a row as text, or why it is refused.
pub(super) fn checked<'r>(record: &'r ByteRecord, fields: usize) -> Result<Fields<'r>, String> {
    if record.len() != fields {
        let surplus = record.iter().skip(fields).all(|f| without_return(f).is_empty());
        if record.len() < fields || !surplus {
            let plural = if record.len() == 1 { "" } else { "s" };
            return Err(format!("the row has {} field{plural}, the header {fields}", record.len()));
        }
    }
    if record.as_slice().len() > LONGEST {
        return Err("the row is too long".to_owned());
    }
    // one check for all fields: a character cut by a field's edge is caught when the field is taken
    match simdutf8::basic::from_utf8(record.as_slice()) {
        Ok(text) if (0..record.len()).all(|i| record.range(i).is_some_and(|r| text.get(r).is_some())) => {
            Ok(Fields { record, text })
        }
        _ => Err("the text is not valid UTF-8".to_owned()),
    }
}

pub(super) struct Fields<'r> {
    record: &'r ByteRecord,
    text: &'r str,
}

impl<'r> Fields<'r> {
    pub(super) fn get(&self, i: usize) -> &'r str {
        let text = self.record.range(i).and_then(|range| self.text.get(range)).unwrap_or("");
        if i + 1 == self.record.len() { text.strip_suffix('\r').unwrap_or(text) } else { text }
    }
}

/// A file's columns and parts.
#[derive(Debug)]
pub(super) struct CsvSurvey {
    pub survey: Survey,
    /// The names of the columns, in order.
    pub header: Vec<String>,
    pub parts: Vec<Part>,
}

/// Surveys a file.
pub(super) fn survey(file: &DataFile, mark: u64, declared: &Declared) -> Result<CsvSurvey, SourceError> {
    let mut rows = reader(file, Part { from: mark, length: u64::MAX, line: 0 })?;
    let mut record = ByteRecord::new();
    let mut result = CsvSurvey { survey: Survey::default(), header: Vec::new(), parts: Vec::new() };
    let broken = |e: csv::Error| file.unreadable(e);
    if !rows.read_byte_record(&mut record).map_err(broken)? {
        return Ok(result);
    }
    result.header = names(&record);
    let fields = result.header.len();
    let mut open: Vec<(usize, Kinds)> = Vec::new();
    let mut dated: Vec<usize> = Vec::new();
    let survey = &mut result.survey;
    for (i, name) in result.header.iter().enumerate() {
        survey.names.push((name.clone(), Kinds::default()));
        let (column, zone) = split_zone(name);
        if declared.is_date(name) {
            dated.push(i);
        } else if zone == Zone::None && !declared.has(column) {
            open.push((i, Kinds::default()));
        }
    }
    let mut last = (rows.position().clone(), false);
    // where the part under way begins
    let mut begin = rows.position().clone();
    loop {
        let before = rows.position().clone();
        if before.byte() - begin.byte() >= PART && file.compression == Compression::None {
            result.parts.push(part(mark, &begin, before.byte()));
            begin = before.clone();
        }
        if !rows.read_byte_record(&mut record).map_err(broken)? {
            break;
        }
        if is_blank(&record) {
            continue;
        }
        let row = checked(&record, fields);
        last = (before, row.is_ok());
        match row {
            Ok(texts) => {
                survey.rows += 1;
                for i in &dated {
                    survey.dates.see(texts.get(*i), record.position().map_or(0, Position::line));
                }
                for (i, kinds) in &mut open {
                    if !kinds.is_settled(false) {
                        kinds.add(Kinds::of_csv(texts.get(*i)));
                    }
                }
            }
            Err(reason) => survey.refuse(record.position().map_or(0, Position::line), &reason),
        }
    }
    let mut end = if file.compression == Compression::None { rows.position().byte() } else { u64::MAX };
    let (start, good) = last;
    if good && file.compression == Compression::None && is_cut(file, mark + start.byte())? {
        // nobody knows how the value goes on
        end = start.byte();
        survey.rows -= 1;
        survey.refuse(start.line(), "the text ends inside a quoted value");
    }
    result.parts.push(part(mark, &begin, end));
    for (i, kinds) in open {
        if let Some((_, own)) = survey.names.get_mut(i) {
            *own = kinds;
        }
    }
    Ok(result)
}

/// Whether the row that begins there ends inside a quoted value with the file.
fn is_cut(file: &DataFile, from: u64) -> Result<bool, SourceError> {
    let mut text = Vec::new();
    file.reader(from)?.read_to_end(&mut text).map_err(|e| file.unreadable(e))?;
    let (mut quoted, mut begins) = (false, true);
    for byte in text {
        match byte {
            // two quotes in a row leave and enter again
            b'"' if quoted || begins => {
                quoted = !quoted;
                begins = true;
            }
            b',' | b'\n' if !quoted => begins = true,
            _ => begins = false,
        }
    }
    Ok(quoted)
}

fn part(mark: u64, begin: &Position, end: u64) -> Part {
    Part { from: mark + begin.byte(), length: end.saturating_sub(begin.byte()), line: begin.line() - 1 }
}

/// The names of the columns: one without a name is called after its place, one that repeats another's gets a
/// number.
pub(super) fn names(header: &ByteRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (i, field) in header.iter().enumerate() {
        let text = String::from_utf8_lossy(field).trim().to_owned();
        let base = if text.is_empty() { format!("Column{}", i + 1) } else { text };
        let mut name = base.clone();
        let mut number = 1;
        while names.contains(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// Reads a part of a file.
pub(super) struct PartReader {
    file: Arc<DataFile>,
    mapping: Arc<Mapping>,
    /// For each name of the mapping its place in a row.
    places: Vec<usize>,
    fields: usize,
    line: u64,
    rows: CsvReader,
    record: ByteRecord,
}

impl PartReader {
    pub(super) fn open(
        file: Arc<DataFile>,
        header: &[String],
        part: Part,
        mapping: Arc<Mapping>,
    ) -> Result<PartReader, SourceError> {
        let rows = reader(&file, part)?;
        let place = |name: &String| header.iter().position(|h| h == name).unwrap_or(usize::MAX);
        let places = mapping.names.iter().map(place).collect();
        let fields = header.len();
        Ok(PartReader { file, mapping, places, fields, line: part.line, rows, record: ByteRecord::new() })
    }
}

impl RowReader for PartReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let unreadable = |e: csv::Error| DataFusionError::External(Box::new(self.file.unreadable(e)));
        while self.rows.read_byte_record(&mut self.record).map_err(unreadable)? {
            if is_blank(&self.record) {
                continue;
            }
            // what is refused here was reported when the file was opened
            let Ok(fields) = checked(&self.record, self.fields) else { continue };
            let line = self.line + self.record.position().map_or(0, Position::line);
            let value = |i: usize| self.places.get(i).map_or("", |place| fields.get(*place));
            sink.push_texts(&self.mapping, value, &self.file.path, line, self.record.as_slice().len());
            if sink.is_full() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
