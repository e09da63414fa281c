//! Files whose records are not rows ([`crate::sources::recognise`]): each record is unwrapped to rows of one or
//! several tables. Finding a file's tables reads it once; scanning a table reads it again and returns that table's rows.

use super::csv::{self, CsvReader};
use super::dialect::{self, Dialect};
use super::document::{Element, Elements, Layout};
use super::evtx::{Event, Events};
use super::input::{Blocks, DataFile};
use super::lines::{LineBlocks, whole_object};
use super::recognise::{AFTER, Known, Out, Records, Wrapped};
use super::rows::Mapping;
use super::scan_stats::{Declared, ScanStats, StatsCollector, rest_lost};
use super::sink::{RowReader, Sink};
use super::workbook::{Item, Workbook};
use crate::error::SourceError;
use crate::types::ScalarType;
use ::csv::{ByteRecord, Position};
use datafusion::common::{DataFusionError, Result};
use kql_scan::json_keys::KeyPredictor;
use kql_scan::json_text::{Cursor, Raw};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The part of a file that belongs to a table.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct TableSurvey {
    pub survey: ScanStats,
    /// The types that the file itself declares.
    pub types: Vec<(String, ScalarType)>,
}

/// The content of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct FileSurvey {
    pub tables: BTreeMap<String, TableSurvey>,
    /// Records that are not rows: only counts and positions.
    pub refused: ScanStats,
    /// Rows about the response, not of it.
    pub passed: u64,
    /// A note about the file.
    pub note: Option<String>,
}

/// What names the table of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Naming {
    /// The user, for all rows.
    ByUser,
    /// The row itself, or else the file.
    ByContent,
}

/// The name of a row's table.
fn name_of<'a>(table: Option<&'a str>, fallback: &'a str, naming: Naming) -> std::borrow::Cow<'a, str> {
    match table {
        _ if naming == Naming::ByUser => fallback.into(),
        None => fallback.into(),
        Some(suffix) if suffix.starts_with(AFTER) && suffix.len() > 1 && is_number(suffix) => {
            format!("{fallback}{suffix}").into()
        }
        Some(name) => name.into(),
    }
}

fn is_number(suffix: &str) -> bool {
    suffix.get(AFTER.len()..).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads a file once. Rows without a table name belong to `fallback`.
pub(super) fn survey(
    file: &DataFile,
    records: Records,
    known: &Known,
    fallback: &str,
    naming: Naming,
) -> Result<FileSurvey, SourceError> {
    let mut stream = Stream::open(file, records)?;
    let mut out = Out::default();
    let syntax = records.wrapped().syntax();
    let mut collectors: BTreeMap<String, (StatsCollector, Vec<(String, ScalarType)>)> = BTreeMap::new();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut found = FileSurvey::default();
    loop {
        let line = match stream.next(known, &mut out)? {
            Step::End => break,
            Step::Record(line) => line,
        };
        found.refused.lines = line;
        out.refused.drain(..).for_each(|reason| found.refused.refuse(line, &reason));
        let new = |name: &str| {
            (StatsCollector::new(Declared::of(name, known.table(name).as_deref()), syntax, &[]), Vec::new())
        };
        for (table, column, ty) in out.types.drain(..) {
            let name = name_of(table.as_deref(), fallback, naming);
            let (_, types) = collectors.entry(name.to_string()).or_insert_with(|| new(&name));
            if !types.iter().any(|(c, _)| *c == column) {
                types.push((column, ty));
            }
        }
        for (table, column) in out.columns.drain(..) {
            let name = name_of(table.as_deref(), fallback, naming);
            collectors.entry(name.to_string()).or_insert_with(|| new(&name));
            columns.entry(name.to_string()).or_default().push(column);
        }
        for (table, row) in out.rows.drain(..) {
            let name = name_of(table.as_deref(), fallback, naming);
            if !collectors.contains_key(name.as_ref()) {
                collectors.insert(name.to_string(), new(&name));
            }
            let Some((collector, _)) = collectors.get_mut(name.as_ref()) else { continue };
            match whole_object(Cursor::new(&row), |cursor| collector.object(cursor, line, &mut [])) {
                Ok(()) => collector.survey.rows += 1,
                Err(reason) => found.refused.refuse(line, reason),
            }
        }
    }
    found.passed = out.passed;
    found.note = out.note;
    // a table for which there are only types exists and is empty, unless other tables have its rows
    let filled = collectors.values().any(|(s, _)| s.survey.rows > 0);
    for (name, (mut collector, types)) in collectors {
        let columns = columns.remove(&name).unwrap_or_default();
        if collector.survey.rows == 0 && filled && columns.is_empty() {
            continue;
        }
        for column in types.iter().map(|(column, _)| column).chain(&columns) {
            collector.survey.names.entry(column.clone()).or_default();
        }
        found.tables.insert(name, TableSurvey { survey: collector.survey, types });
    }
    Ok(found)
}

enum Step {
    /// The record's rows are in the output; its line.
    Record(u64),
    End,
}

/// The records of a file, one after the other.
struct Stream {
    wrapped: &'static Wrapped,
    file: DataFile,
    input: Input,
    /// The time of the file's last change, in ticks.
    changed: Option<i64>,
}

enum Input {
    Lines(LineBlocks),
    Document(Elements),
    Csv {
        rows: CsvReader,
        record: ByteRecord,
        header: Vec<String>,
        /// Number of lines before the header.
        before: u64,
    },
    Evtx(Box<Events>),
    /// Lines that are not JSON.
    Text(LineBlocks),
    Workbook(Box<Workbook>),
    Ended,
}

impl Stream {
    fn open(file: &DataFile, records: Records) -> Result<Stream, SourceError> {
        let input = match records {
            Records::Json(_, Layout::Lines, mark) => Input::Lines(LineBlocks::new(Blocks::new(file, mark, u64::MAX)?)),
            Records::Json(_, Layout::Document, mark) => {
                Input::Document(Elements::inside(file, mark, records.wrapped().inside)?)
            }
            Records::Csv(_, mark) => {
                let dialect = Dialect::of(file, mark)?;
                let mut rows = csv::reader(file, dialect.begin, dialect.delimiter)?;
                let mut record = ByteRecord::new();
                rows.read_byte_record(&mut record).map_err(|e| file.unreadable(e))?;
                let header = csv::names(&record);
                Input::Csv { rows, record, header, before: dialect.lines }
            }
            Records::Workbook(_) => Input::Workbook(Box::new(Workbook::open(file)?)),
            Records::Text(_, mark) => Input::Text(LineBlocks::new(Blocks::new(file, mark, u64::MAX)?)),
            Records::Evtx(_) => Input::Evtx(Box::new(Events::open(file)?)),
        };
        Ok(Stream { wrapped: records.wrapped(), file: file.clone(), input, changed: file.changed() })
    }

    /// Goes to the next record. Errors are in `out.refused`.
    fn next(&mut self, known: &Known, out: &mut Out) -> Result<Step, SourceError> {
        let unwrap = self.wrapped.unwrap;
        out.changed = self.changed;
        let take = |text: &str, out: &mut Out| {
            if let Err(reason) = unwrap(text, known, out) {
                out.refused.push(reason.to_string());
            }
        };
        let file = &self.file;
        match &mut self.input {
            Input::Lines(blocks) => {
                while blocks.advance().map_err(|e| file.unreadable(e))? {
                    let mut lines = blocks.one_by_one();
                    let line = lines.next();
                    let passed = lines.passed();
                    let read = line.map(|line| {
                        let cursor = line?;
                        let text = cursor.text();
                        whole_object(cursor, |c| c.object(&mut KeyPredictor::default(), &mut ())).map(|()| text)
                    });
                    match read {
                        Some(Ok(text)) => take(text.trim(), out),
                        Some(Err(reason)) => out.refused.push(reason.to_owned()),
                        None => {}
                    }
                    let found = read.is_some();
                    blocks.pass(passed);
                    if found {
                        return Ok(Step::Record(blocks.number()));
                    }
                }
                Ok(Step::End)
            }
            Input::Text(blocks) => {
                while blocks.advance().map_err(|e| file.unreadable(e))? {
                    let mut lines = blocks.one_by_one();
                    let line = lines.next();
                    let passed = lines.passed();
                    match &line {
                        Some(Ok(cursor)) => take(cursor.text().trim_end_matches('\r'), out),
                        Some(Err(reason)) => out.refused.push((*reason).to_owned()),
                        None => {}
                    }
                    let found = line.is_some();
                    blocks.pass(passed);
                    if found {
                        return Ok(Step::Record(blocks.number()));
                    }
                }
                Ok(Step::End)
            }
            Input::Document(elements) => {
                let element = elements.next();
                let at = elements.at;
                let line = elements.line_at(at);
                match element {
                    Element::End => return Ok(Step::End),
                    Element::Other(reason) => out.refused.push(reason.to_owned()),
                    Element::Broken(reason) => match elements.resume(at) {
                        Some(true) => out.refused.push(reason.to_owned()),
                        Some(false) => {}
                        None => {
                            out.refused.push(rest_lost(reason));
                            self.input = Input::Ended;
                        }
                    },
                    Element::Object => {
                        let mut cursor = Cursor::new(&elements.text);
                        cursor.at = at;
                        let result = cursor.object(&mut KeyPredictor::default(), &mut ());
                        let end = cursor.at;
                        match result.and_then(|()| elements.check_is_one(at, end)) {
                            Ok(()) => {
                                take(elements.text.get(at..end).unwrap_or_default(), out);
                                elements.at = end;
                            }
                            Err(reason) if elements.resume(at).is_some() => out.refused.push(reason.to_owned()),
                            Err(reason) => {
                                out.refused.push(rest_lost(reason));
                                self.input = Input::Ended;
                            }
                        }
                    }
                }
                Ok(Step::Record(line))
            }
            Input::Csv { rows, record, header, before } => loop {
                if !rows.read_byte_record(record).map_err(|e| file.unreadable(e))? {
                    return Ok(Step::End);
                }
                if dialect::is_blank(record) {
                    continue;
                }
                let line = *before + record.position().map_or(0, Position::line);
                match csv::record_text(record, header.len()) {
                    Ok(fields) => {
                        let row: serde_json::Map<String, serde_json::Value> =
                            header.iter().enumerate().map(|(i, name)| (name.clone(), fields.get(i).into())).collect();
                        take(&serde_json::Value::Object(row).to_string(), out);
                    }
                    Err(reason) => out.refused.push(csv::refusal(reason, record.as_slice())),
                }
                return Ok(Step::Record(line));
            },
            Input::Evtx(events) => match events.next() {
                Some(Event::Record(number, text)) => {
                    take(&text, out);
                    Ok(Step::Record(number))
                }
                Some(Event::Lost(number, reason)) => {
                    out.refused.push(reason);
                    Ok(Step::Record(number))
                }
                None => {
                    out.note = events.note();
                    Ok(Step::End)
                }
            },
            Input::Workbook(workbook) => match workbook.next() {
                Some(Item::Header(table, columns)) => {
                    // a sheet without rows has columns too
                    out.columns.extend(columns.into_iter().map(|column| (table.clone(), column)));
                    Ok(Step::Record(1))
                }
                Some(Item::Row(table, number, row)) => {
                    out.rows.push((table, row));
                    Ok(Step::Record(number))
                }
                None => {
                    out.note = workbook.note();
                    Ok(Step::End)
                }
            },
            Input::Ended => Ok(Step::End),
        }
    }
}

/// Reads the rows of one table.
pub(super) struct RecordReader {
    file: Arc<DataFile>,
    known: Arc<Known>,
    mapping: Arc<Mapping>,
    table: Arc<str>,
    fallback: Arc<str>,
    naming: Naming,
    shape: KeyPredictor,
    stream: Stream,
    out: Out,
    waiting: VecDeque<(u64, String)>,
}

impl RecordReader {
    pub(super) fn open(file: Arc<DataFile>, of: &Wrapping, mapping: Arc<Mapping>) -> Result<RecordReader, SourceError> {
        let stream = Stream::open(&file, of.records)?;
        Ok(RecordReader {
            file,
            known: of.known.clone(),
            shape: KeyPredictor::of(mapping.names.iter().map(String::as_str)),
            mapping,
            table: of.table.clone(),
            fallback: of.fallback.clone(),
            naming: of.naming,
            stream,
            out: Out::default(),
            waiting: VecDeque::new(),
        })
    }
}

/// The rows of a wrapped file that belong to a table.
#[derive(Clone, Debug)]
pub(super) struct Wrapping {
    pub records: Records,
    pub known: Arc<Known>,
    pub table: Arc<str>,
    pub fallback: Arc<str>,
    pub naming: Naming,
}

impl RowReader for RecordReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let external = |e: SourceError| DataFusionError::External(Box::new(e));
        loop {
            while let Some((line, row)) = self.waiting.pop_front() {
                let mut values = vec![Raw::Null; self.mapping.names.len()];
                let mut cursor = Cursor::new(&row);
                cursor.space();
                let read = cursor.object(&mut self.shape, values.as_mut_slice());
                // a row refused here was reported when the file was surveyed
                if read.is_ok() && cursor.end().is_ok() {
                    sink.push_json(&self.mapping, &values, &self.file.path, line, row.len());
                    if sink.is_full() {
                        return Ok(true);
                    }
                }
            }
            match self.stream.next(&self.known, &mut self.out).map_err(external)? {
                Step::End => return Ok(false),
                Step::Record(line) => {
                    self.out.refused.clear();
                    self.out.types.clear();
                    self.out.columns.clear();
                    for (table, row) in self.out.rows.drain(..) {
                        if name_of(table.as_deref(), &self.fallback, self.naming) == *self.table {
                            self.waiting.push_back((line, row));
                        }
                    }
                }
            }
        }
    }
}
