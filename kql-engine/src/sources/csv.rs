//! CSV with any delimiter (`dialect.rs`): a header, then one row per line, or several lines if quoted values contain line
//! breaks.
//!
//! A row must have as many fields as the header. With one more or less it is not certain which column is which, so the
//! row is refused. Empty surplus fields are accepted, and so are columns without a name.

use super::custom;
use super::dialect::{self, Dialect};
use super::error::RowError;
use super::input::{Buffer, DataFile, LONGEST, ShortLines};
use super::kinds::Kinds;
use super::options::OpenOptions;
use super::rows::{self, Cell, Mapping};
use super::scan_stats::{Declared, ScanStats, Watch};
use super::sink::{Reports, RowReader, Sink};
use super::splits::{FileSplits, SplitFormat};
use crate::error::SourceError;
use crate::types::ScalarType;
use csv::{ByteRecord, Position, Reader, ReaderBuilder, Terminator};
use datafusion::common::{DataFusionError, Result};
use kql_scan::csv_rows::{Block, Row, Rows};
use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

pub(super) type CsvReader = Reader<Box<dyn Read + Send>>;

/// The reader of the csv crate, starting at an offset where a row must begin.
pub(super) fn reader(file: &DataFile, from: u64, delimiter: u8) -> Result<CsvReader, SourceError> {
    let bytes: Box<dyn Read + Send> = Box::new(ShortLines { reader: file.reader(from)?, length: 0 });
    // Rows end only at line feeds, so that lines are counted correctly; see `without_return`.
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).buffer_capacity(1 << 18);
    builder.delimiter(delimiter);
    Ok(builder.from_reader(bytes))
}

/// The last field of a row without the carriage return of the line break.
fn without_return(field: &[u8]) -> &[u8] {
    field.strip_suffix(b"\r").unwrap_or(field)
}

/// The fields of a record as text, or why the record is refused.
pub(super) fn record_text(record: &ByteRecord, fields: usize) -> Result<Fields<'_>, RowError> {
    if record.len() != fields {
        let surplus = record.iter().skip(fields).all(|f| without_return(f).is_empty());
        if record.len() < fields || !surplus {
            return Err(RowError::Fields { found: record.len(), wanted: fields });
        }
    }
    if record.as_slice().len() > LONGEST {
        return Err(RowError::TooLong);
    }
    // one check for all fields: a character that is split between fields is found when the field is read
    match simdutf8::basic::from_utf8(record.as_slice()) {
        Ok(text) if (0..record.len()).all(|i| record.range(i).is_some_and(|r| text.get(r).is_some())) => {
            Ok(Fields { record, text })
        }
        _ => Err(RowError::NotUtf8),
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

/// A file's header, and where its rows begin.
#[derive(Clone, Debug, Default)]
pub(super) struct CsvLayout {
    /// The names of the columns, in order.
    pub header: Arc<[String]>,
    /// The offset of the first row.
    begin: u64,
    /// The number of lines up to the end of the header.
    pub head_lines: u64,
    /// The delimiter of the fields.
    delimiter: u8,
}

impl CsvLayout {
    pub(super) fn read(file: &DataFile, mark: u64) -> Result<CsvLayout, SourceError> {
        let dialect = Dialect::of(file, mark)?;
        let delimiter = dialect.delimiter;
        let mut rows = reader(file, dialect.begin, delimiter)?;
        let mut record = ByteRecord::new();
        if !rows.read_byte_record(&mut record).map_err(|e| file.unreadable(e))? {
            return Ok(CsvLayout { delimiter, ..CsvLayout::default() });
        }
        let begin = rows.position();
        Ok(CsvLayout {
            header: names(&record).into(),
            begin: dialect.begin + begin.byte(),
            head_lines: dialect.lines + begin.line().saturating_sub(1),
            delimiter,
        })
    }

    /// File splits of about this size: a split begins after the first line feed after which the text looks like rows of
    /// this file. Whether rows really begin there is known when the previous split has been read.
    pub(super) fn cut(&self, file: &DataFile, size: u64) -> Result<Vec<(u64, u64)>, SourceError> {
        let length = file.length()?;
        let mut begins = vec![self.begin];
        let mut next = self.begin + size;
        while !file.is_packed() && next + size / 2 < length {
            if let Some(at) = self.row_after(file, next)? {
                begins.push(at);
                next = at;
            }
            next += size;
        }
        // a file that grows in the meantime is read up to its former end
        let end = if file.is_packed() { u64::MAX } else { length };
        let ends = begins.iter().skip(1).copied().chain([end]);
        let length = |from: u64, to: u64| if to == u64::MAX { to } else { to.saturating_sub(from) };
        Ok(begins.iter().zip(ends).map(|(from, to)| (*from, length(*from, to))).collect())
    }

    fn row_after(&self, file: &DataFile, at: u64) -> Result<Option<u64>, SourceError> {
        let mut text = Vec::new();
        file.reader(at)?.take(LOOK).read_to_end(&mut text).map_err(|e| file.unreadable(e))?;
        let mut rows = Rows::new(self.delimiter);
        for feed in memchr::memchr_iter(b'\n', &text).take(TRIES) {
            let rest = text.get(feed + 1..).unwrap_or_default();
            rows.cut(rest, Block::Inner);
            let block = String::from_utf8_lossy(rest);
            let alike = |i| rows.row(&block, i).fields() == self.header.len();
            if !rows.irregular && rows.count() > 0 && (0..rows.count().min(ALIKE)).all(alike) {
                return Ok(Some(at + feed as u64 + 1));
            }
        }
        Ok(None)
    }
}

/// Number of bytes in which the beginning of a row is searched.
const LOOK: u64 = 256 << 10;
/// The maximum number of line feeds that are tried.
const TRIES: usize = 64;
/// The number of rows that must have the expected form.
const ALIKE: usize = 16;

/// Whether the row that begins at `from` is inside a quoted value at the end of the file.
fn is_cut(file: &DataFile, from: u64, delimiter: u8) -> Result<bool, SourceError> {
    let mut text = Vec::new();
    file.reader(from)?.read_to_end(&mut text).map_err(|e| file.unreadable(e))?;
    let (mut quoted, mut begins) = (false, true);
    for byte in text {
        match byte {
            // two quotes in a row leave the value and enter it again
            b'"' if quoted || begins => {
                quoted = !quoted;
                begins = true;
            }
            b'\n' if !quoted => begins = true,
            byte if byte == delimiter && !quoted => begins = true,
            _ => begins = false,
        }
    }
    Ok(quoted)
}

/// The names of the columns: one without a name is named after its position, one that repeats another's gets a
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

/// Reads a split of a file; surveys it as well where nobody did before.
pub(super) struct SplitReader {
    splits: Arc<FileSplits>,
    split: usize,
    mapping: Arc<Mapping>,
    /// For each name of the mapping its position in a row.
    places: Vec<usize>,
    fields: usize,
    delimiter: u8,
    /// Number of lines before the split.
    before: u64,
    stats: Option<ColumnStats>,
    way: Way,
}

/// How the rows are found.
enum Way {
    Blocks(Blocks),
    /// For irregular text.
    Records(Records),
}

/// What has to be found out about the columns, and the result so far.
struct ColumnStats {
    dated: Vec<usize>,
    /// Columns whose types are not known; some have an expected type.
    open: Vec<(usize, Kinds, Option<ScalarType>)>,
    survey: ScanStats,
}

impl ColumnStats {
    fn of(splits: &FileSplits, header: &[String]) -> ColumnStats {
        let watched: Vec<Watch> = header.iter().map(|h| splits.declared.watch(h)).collect();
        let open = |(i, watch): (usize, &Watch)| match watch {
            Watch::Kinds => Some((i, Kinds::default(), None)),
            Watch::Expected(ty) => Some((i, Kinds::default(), Some(*ty))),
            _ => None,
        };
        let names = header.iter().map(|name| (name.clone(), Kinds::default())).collect();
        ColumnStats {
            dated: watched.iter().enumerate().filter(|(_, watch)| watch.dates()).map(|(i, _)| i).collect(),
            open: watched.iter().enumerate().filter_map(open).collect(),
            survey: ScanStats { names, ..ScanStats::default() },
        }
    }

    fn row<'a>(&mut self, value: impl Fn(usize) -> Cow<'a, str>, line: impl Fn() -> u64) {
        self.survey.rows += 1;
        for i in &self.dated {
            self.survey.dates.see(&value(*i), &line);
        }
        for (i, kinds, expected) in &mut self.open {
            match expected {
                Some(ty) if !kinds.fits() => kinds.add(custom::kinds_of_text(*ty, &value(*i))),
                None if !kinds.is_settled_in_csv() => kinds.add(Kinds::of_csv(&value(*i))),
                _ => {}
            }
        }
    }

    fn finish(mut self) -> ScanStats {
        for (i, kinds, _) in self.open {
            if let Some((_, own)) = self.survey.names.get_mut(i) {
                *own = kinds;
            }
        }
        self.survey
    }
}

/// Blocks of a split, cut into rows.
struct Blocks {
    reader: Box<dyn Read + Send>,
    buffer: Buffer,
    rows: Rows,
    /// The next row of the block.
    next: usize,
    /// The offset of the block in the file, and the number of lines of the split before it.
    at: u64,
    lines: u64,
    /// The end of the split: a row that begins before it is read to the end of the row.
    end: u64,
    ended: bool,
}

/// Number of bytes that are read at once.
const BLOCK: usize = 512 << 10;

impl Blocks {
    fn block(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// Goes to the next block, which has no rows at the end of the file. False if this way cannot continue, because a
    /// row is too long or a quote is at a wrong position.
    fn advance(&mut self) -> std::io::Result<bool> {
        let used = self.rows.end().min(self.block().len());
        let passed = self.block().get(..used).unwrap_or_default();
        self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at += used as u64;
        self.buffer.pass(used);
        self.next = 0;
        loop {
            // a row that does not fit needs twice the room
            let wanted = BLOCK.max(self.block().len());
            let read = self.buffer.read(&mut self.reader, wanted)?;
            self.ended = read < wanted;
            let place = if self.ended { Block::Last } else { Block::Inner };
            self.rows.cut(self.buffer.bytes(), place);
            if self.rows.irregular {
                return Ok(false);
            }
            if self.rows.count() > 0 || self.ended {
                return Ok(true);
            }
            if self.block().len() > LONGEST {
                return Ok(false);
            }
        }
    }
}

/// Records of the csv crate.
struct Records {
    rows: CsvReader,
    record: ByteRecord,
    /// Where the reader began: offset, and number of lines of the split before it.
    from: u64,
    lines: u64,
    end: u64,
    /// The length of the file.
    length: u64,
}

/// The splits of a CSV file; the beginnings of rows are searched near the places where splits would end.
pub(super) fn splits(
    file: &Arc<DataFile>,
    mark: u64,
    declared: &Declared,
    options: &OpenOptions,
) -> Result<FileSplits, SourceError> {
    let layout = CsvLayout::read(file, mark)?;
    let bounds = layout.cut(file, options.split_bytes)?;
    let head = layout.head_lines;
    Ok(FileSplits::new(file, declared, Arc::new(layout), bounds, head))
}

impl SplitFormat for CsvLayout {
    fn open(
        &self,
        splits: Arc<FileSplits>,
        split: usize,
        mapping: Arc<Mapping>,
    ) -> Result<Box<dyn RowReader>, SourceError> {
        Ok(Box::new(SplitReader::open(self, splits, split, mapping)?))
    }

    fn header(&self) -> &[String] {
        &self.header
    }
}

impl SplitReader {
    fn open(
        layout: &CsvLayout,
        splits: Arc<FileSplits>,
        split: usize,
        mapping: Arc<Mapping>,
    ) -> Result<SplitReader, SourceError> {
        let (header, delimiter): (&[String], u8) = (&layout.header, layout.delimiter);
        let place = |name: &String| header.iter().position(|h| h == name).unwrap_or(usize::MAX);
        let places = mapping.names.iter().map(place).collect();
        let fields = header.len();
        let (from, length) = splits.bounds(split);
        let blocks = Blocks {
            reader: splits.file.reader(from)?,
            buffer: Buffer::default(),
            rows: Rows::new(delimiter),
            next: 0,
            at: from,
            lines: 0,
            end: from.saturating_add(length),
            ended: false,
        };
        let stats = (!splits.is_surveyed(split)).then(|| ColumnStats::of(&splits, header));
        let before = splits.lines_before(split);
        let way = Way::Blocks(blocks);
        Ok(SplitReader { splits, split, mapping, places, fields, delimiter, before, stats, way })
    }

    /// Continues with the csv crate from the beginning of the block.
    fn go_by_record(&mut self) -> Result<(), SourceError> {
        if let Way::Blocks(blocks) = &self.way {
            let rows = reader(&self.splits.file, blocks.at, self.delimiter)?;
            let (from, lines, end) = (blocks.at, blocks.lines, blocks.end);
            let length = self.splits.file.length()?;
            self.way = Way::Records(Records { rows, record: ByteRecord::new(), from, lines, end, length });
        }
        Ok(())
    }

    /// The split is read: passes on what was found.
    fn finish(&mut self, end: u64, lines: u64) {
        if let Some(columns) = self.stats.take() {
            self.splits.surveyed(self.split, ScanStats { end, lines, ..columns.finish() });
        }
    }
}

impl RowReader for SplitReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let external = |e: SourceError| DataFusionError::External(Box::new(e));
        loop {
            let step = match &self.way {
                Way::Blocks(_) => self.fill_by_block(sink),
                Way::Records(_) => self.fill_by_record(sink),
            };
            match step.map_err(external)? {
                Step::Full => return Ok(true),
                Step::End => return Ok(false),
                Step::Irregular => self.go_by_record().map_err(external)?,
            }
        }
    }
}

/// Rows of a block.
struct TextRows<'b> {
    block: &'b str,
    /// For each name of the mapping its position in a row.
    places: &'b [usize],
    rows: Vec<Row<'b>>,
    /// Number of lines before the block.
    before: u64,
}

impl<'b> rows::Rows<'b> for TextRows<'b> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, name: usize) -> Cell<'b> {
        let field = self.rows.get(row).zip(self.places.get(name)).map(|(row, place)| row.field(*place));
        Cell::Text(field.unwrap_or_default())
    }

    fn line(&self, row: usize) -> u64 {
        let start = self.rows.get(row).map_or(0, Row::start);
        self.before + lines_in(self.block.as_bytes(), start) + 1
    }

    fn bytes(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |row| row.text().len())
    }
}

enum Step {
    Full,
    End,
    Irregular,
}

impl SplitReader {
    fn fill_by_block(&mut self, sink: &mut Sink) -> Result<Step, SourceError> {
        let SplitReader { splits, mapping, places, fields, before, stats, way, .. } = self;
        let Way::Blocks(blocks) = way else { return Ok(Step::Irregular) };
        let file = &splits.file;
        loop {
            if blocks.next >= blocks.rows.count() {
                let used = blocks.rows.end().min(blocks.block().len());
                let here = blocks.at + used as u64;
                if here >= blocks.end {
                    let lines = blocks.lines + lines_in(blocks.block(), used);
                    self.finish(here, lines);
                    return Ok(Step::End);
                }
                if !blocks.advance().map_err(|e| file.unreadable(e))? {
                    return Ok(Step::Irregular);
                }
                if blocks.rows.count() == 0 {
                    // the end of the file
                    let (at, lines) = (blocks.at, blocks.lines);
                    self.finish(at, lines);
                    return Ok(Step::End);
                }
            }
            let used = blocks.rows.end().min(blocks.block().len());
            let Ok(text) = simdutf8::basic::from_utf8(blocks.block().get(..used).unwrap_or_default()) else {
                // some row is not in UTF-8: each row is checked separately
                return Ok(Step::Irregular);
            };
            let room = sink.room();
            let mut rows = TextRows { block: text, places, rows: Vec::new(), before: *before + blocks.lines };
            let (mut ended, mut next) = (None, blocks.next);
            while next < blocks.rows.count() && rows.rows.len() < room {
                let at = blocks.rows.start(next);
                if blocks.at + at as u64 >= blocks.end {
                    ended = Some((blocks.at + at as u64, blocks.lines + lines_in(blocks.block(), at)));
                    break;
                }
                let row = blocks.rows.row(text, next);
                let is_last = next + 1 == blocks.rows.count();
                next += 1;
                if row.is_blank() {
                    continue;
                }
                let line = || blocks.lines + lines_in(blocks.block(), at) + 1;
                let cut = is_last && blocks.ended && blocks.rows.open;
                let checked = checked(&row, *fields).and(if cut { Err(RowError::Cut) } else { Ok(()) });
                match checked {
                    Ok(()) => {
                        if let Some(stats) = stats {
                            stats.row(|i| row.field(i), line);
                        }
                        rows.rows.push(row);
                    }
                    Err(reason) => {
                        if let Some(stats) = stats {
                            stats.survey.refuse(line(), &reason.to_string());
                        }
                    }
                }
            }
            sink.push_rows(mapping, &rows, &file.path).map_err(|e| splits.failure(e))?;
            blocks.next = next;
            if let Some((here, lines)) = ended {
                self.finish(here, lines);
                return Ok(Step::End);
            }
            if sink.is_full() {
                return Ok(Step::Full);
            }
        }
    }

    fn fill_by_record(&mut self, sink: &mut Sink) -> Result<Step, SourceError> {
        let SplitReader { splits, mapping, places, fields, delimiter, before, stats, way, .. } = self;
        let Way::Records(Records { rows, record, from, lines, end, length }) = way else {
            return Ok(Step::Irregular);
        };
        let file = &splits.file;
        let broken = |e: csv::Error| file.unreadable(e);
        loop {
            let start = rows.position().clone();
            let begin = *from + start.byte();
            let more = begin < *end && rows.read_byte_record(record).map_err(broken)?;
            if !more {
                let lines = *lines + start.line() - 1;
                self.finish(begin, lines);
                return Ok(Step::End);
            }
            if dialect::is_blank(record) {
                continue;
            }
            let line = *lines + record.position().map_or(0, Position::line);
            // only a row that reaches the end of the file can be cut off
            let reaches = rows.is_done() || *from + rows.position().byte() >= *length;
            let mut row = match record_text(record, *fields) {
                Ok(_) if reaches && !file.is_packed() && is_cut(file, begin, *delimiter)? => Err(RowError::Cut),
                row => row,
            };
            match &mut row {
                Ok(fields) => {
                    if let Some(stats) = stats {
                        stats.row(|i| Cow::Borrowed(fields.get(i)), || line);
                    }
                    let cell =
                        |i: usize| Cell::Text(Cow::Borrowed(places.get(i).map_or("", |place| fields.get(*place))));
                    sink.push_row(mapping, cell, &file.path, || *before + line, record.as_slice().len(), Reports::Due);
                    if sink.is_full() {
                        return Ok(Step::Full);
                    }
                }
                Err(reason) => {
                    if let Some(stats) = stats {
                        stats.survey.refuse(line, &reason.to_string());
                    }
                }
            }
        }
    }
}

/// Checks a row; the error is why it is refused.
fn checked(row: &Row, fields: usize) -> Result<(), RowError> {
    let surplus = || (fields..row.fields()).all(|i| row.field(i).is_empty());
    if row.fields() < fields || (row.fields() > fields && !surplus()) {
        return Err(RowError::Fields { found: row.fields(), wanted: fields });
    }
    if row.text().len() > LONGEST {
        return Err(RowError::TooLong);
    }
    Ok(())
}

/// The number of lines that end before a position of a block.
fn lines_in(block: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', block.get(..at).unwrap_or_default()).count() as u64
}
