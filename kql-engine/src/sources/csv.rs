//! CSV with any delimiter (`dialect.rs`): a header, then one row per line, or several lines if quoted values contain line
//! breaks.
//!
//! A row must have as many fields as the header. With one more or less it is not certain which column is which, so the
//! row is refused. Empty surplus fields are accepted, and so are columns without a name.

use super::csv_damage::{self, Shape, Verdict};
use super::custom;
use super::dialect::Dialect;
use super::error::RowError;
use super::input::{Buffer, DataFile, LONGEST, ShortLines};
use super::kinds::Kinds;
use super::options::OpenOptions;
use super::rows::{self, Cell, Mapping};
use super::scan_stats::{Declared, ScanStats, Watch};
use super::sink::{RowReader, Sink};
use super::splits::{EncodedFormat, FileSplits, SplitFormat};
use crate::error::SourceError;
use crate::types::ScalarType;
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use datafusion::common::{DataFusionError, Result};
use indexmap::IndexSet;
use kql_scan::csv_rows::{Block, Row, Rows};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct CsvLayout {
    /// The names of the columns, in order.
    #[serde(with = "crate::encoded::texts")]
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
        file.reader_of(at, LOOK)?.take(LOOK).read_to_end(&mut text).map_err(|e| file.unreadable(e))?;
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

/// The names of the columns: one without a name is named after its position, one that repeats another's gets a
/// number.
pub(super) fn names(header: &ByteRecord) -> Vec<String> {
    let mut names: IndexSet<String> = IndexSet::with_capacity(header.len());
    let mut next: HashMap<String, usize> = HashMap::new();
    for (i, field) in header.iter().enumerate() {
        let text = String::from_utf8_lossy(field).trim().to_owned();
        let base = if text.is_empty() { format!("Column{}", i + 1) } else { text };
        if names.insert(base.clone()) {
            continue;
        }
        let number = next.entry(base.clone()).or_insert(1);
        while !names.insert(format!("{base}{number}")) {
            *number += 1;
        }
    }
    names.into_iter().collect()
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
    blocks: Blocks,
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
            if let Some((_, own)) = self.survey.names.get_index_mut(i) {
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
    /// Whether the last row can be incomplete.
    tail: bool,
    /// The number of bytes of the block that are cut at once: few after a damaged row, since the next one may be damaged
    /// too.
    window: usize,
}

/// Number of bytes that are read at once.
const BLOCK: usize = 512 << 10;
/// Number of bytes that are cut after a damaged row.
const SMALL: usize = 4 << 10;

impl Blocks {
    fn block(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// Goes on after the rows of the block, with as many rows as are complete. There is none at the end of the file. If
    /// there is a row that is too long, it is the only one, and is not complete.
    fn advance(&mut self) -> std::io::Result<()> {
        self.pass(self.rows.end());
        loop {
            // a row that does not fit needs twice the room
            if !self.ended && self.window > self.block().len() {
                let wanted = BLOCK.max(self.block().len());
                self.ended = self.buffer.read(&mut self.reader, wanted)? < wanted;
            }
            let is_all = self.block().len() <= self.window;
            let place = if self.ended && is_all { Block::Last } else { Block::Inner };
            self.cut(place);
            if self.rows.count() > 0 || place == Block::Last {
                self.window = self.window.saturating_mul(2);
                return Ok(());
            }
            if is_all && self.block().len() > LONGEST {
                if !self.block().contains(&b'\n') {
                    return Err(std::io::Error::other(format!("a line is longer than {} MB", LONGEST >> 20)));
                }
                self.cut(Block::Last);
                return Ok(());
            }
            self.window = self.window.saturating_mul(2);
        }
    }

    fn cut(&mut self, place: Block) {
        let all = self.buffer.bytes();
        let block = all.get(..self.window).unwrap_or(all);
        self.tail = place == Block::Last;
        self.rows.cut(block, place);
        if self.rows.irregular {
            self.rows.cut_by_byte(block, place);
        }
    }

    /// Drops the first bytes of the block.
    fn pass(&mut self, bytes: usize) {
        let used = bytes.min(self.block().len());
        self.lines += lines_in(self.block(), used);
        self.at += used as u64;
        self.buffer.pass(used);
        self.next = 0;
    }

    /// Goes on with a line after a damaged one.
    fn resume(&mut self, at: usize) {
        self.pass(at);
        self.window = SMALL;
        self.rows.cut(&[], Block::Inner);
    }
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

    fn encode(&self) -> EncodedFormat {
        EncodedFormat::Csv(self.clone())
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
            reader: splits.file.reader_of(from, length)?,
            buffer: Buffer::default(),
            rows: Rows::new(delimiter),
            next: 0,
            at: from,
            lines: 0,
            end: from.saturating_add(length),
            ended: false,
            tail: false,
            window: BLOCK,
        };
        let stats = (!splits.is_surveyed(split)).then(|| ColumnStats::of(&splits, header));
        let before = splits.lines_before(split);
        Ok(SplitReader { splits, split, mapping, places, fields, delimiter, before, stats, blocks })
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
        self.fill_by_block(sink).map_err(external)
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

/// What ends the rows of a block before its end.
enum Stop {
    /// The end of the split: its offset in the file, and the number of lines of the split.
    End(u64, u64),
    /// A damaged row; the next one begins at this position of the block.
    Damage(usize),
}

impl SplitReader {
    /// Reads until the sink is full or the split ends; false at the end.
    fn fill_by_block(&mut self, sink: &mut Sink) -> Result<bool, SourceError> {
        let SplitReader { splits, mapping, places, fields, delimiter, before, stats, blocks, .. } = self;
        let file = &splits.file;
        loop {
            if blocks.next >= blocks.rows.count() {
                let used = blocks.rows.end().min(blocks.block().len());
                let here = blocks.at + used as u64;
                if here >= blocks.end {
                    let lines = blocks.lines + lines_in(blocks.block(), used);
                    self.finish(here, lines);
                    return Ok(false);
                }
                blocks.advance().map_err(|e| file.unreadable(e))?;
                if blocks.rows.count() == 0 {
                    // the end of the file
                    let (at, lines) = (blocks.at, blocks.lines);
                    self.finish(at, lines);
                    return Ok(false);
                }
            }
            let used = blocks.rows.end().min(blocks.block().len());
            let bytes = blocks.block().get(..used).unwrap_or_default();
            let text = match simdutf8::basic::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(without_bad_rows(bytes, &blocks.rows)),
            };
            let is_text = matches!(text, Cow::Borrowed(_));
            let room = sink.room();
            let mut rows = TextRows { block: &text, places, rows: Vec::new(), before: *before + blocks.lines };
            let (mut stop, mut next) = (None, blocks.next);
            while next < blocks.rows.count() && rows.rows.len() < room {
                let at = blocks.rows.start(next);
                if blocks.at + at as u64 >= blocks.end {
                    stop = Some(Stop::End(blocks.at + at as u64, blocks.lines + lines_in(blocks.block(), at)));
                    break;
                }
                let row = blocks.rows.row(&text, next);
                let is_last = next + 1 == blocks.rows.count();
                next += 1;
                if row.is_blank() {
                    continue;
                }
                let line = || blocks.lines + lines_in(blocks.block(), at) + 1;
                let raw = || bytes.get(at..at + row.text().len()).unwrap_or_default();
                let mut checked = match checked(&row, *fields) {
                    Ok(()) if is_last && blocks.tail && blocks.rows.open => Err(RowError::Cut),
                    Ok(()) if !is_text && std::str::from_utf8(raw()).is_err() => Err(RowError::NotUtf8),
                    checked => checked,
                };
                if blocks.rows.multiline && row.text().contains('\n') {
                    let shape = Shape { delimiter: *delimiter, width: *fields, refused: checked.is_err() };
                    match csv_damage::examine(raw(), shape) {
                        Verdict::Row => {}
                        Verdict::Doubtful(lines) => {
                            if let Some(stats) = stats {
                                stats.survey.doubt(line(), doubt(lines));
                            }
                        }
                        Verdict::Damaged(next) => {
                            stop = Some(Stop::Damage(at + next));
                            checked = Err(RowError::Quote);
                        }
                    }
                    // a row that is too long is not there to its end
                    if stop.is_none() && is_last && row.text().len() > LONGEST {
                        let line = memchr::memchr(b'\n', raw()).map_or(row.text().len(), |feed| feed + 1);
                        stop = Some(Stop::Damage(at + line));
                        checked = Err(RowError::TooLong);
                    }
                }
                match checked {
                    Ok(()) => {
                        if let Some(stats) = stats {
                            stats.row(|i| row.field(i), line);
                        }
                        rows.rows.push(row);
                    }
                    Err(reason) => {
                        if let Some(stats) = stats {
                            let whole = matches!(stop, Some(Stop::Damage(_)));
                            stats.survey.refuse(line(), &refusal(reason, if whole { b"" } else { raw() }));
                        }
                    }
                }
                if stop.is_some() {
                    break;
                }
            }
            sink.push_rows(mapping, &rows, &file.path).map_err(|e| splits.failure(e))?;
            blocks.next = next;
            match stop {
                Some(Stop::End(here, lines)) => {
                    self.finish(here, lines);
                    return Ok(false);
                }
                Some(Stop::Damage(at)) => blocks.resume(at),
                None => {}
            }
            if sink.is_full() {
                return Ok(true);
            }
        }
    }
}

/// The text of a block in which some rows are not valid UTF-8: in these, every byte that is not ASCII is replaced.
fn without_bad_rows(block: &[u8], rows: &Rows) -> String {
    let mut text = block.to_vec();
    for row in 0..rows.count() {
        let of_row = text.get_mut(rows.start(row)..rows.start(row + 1).min(block.len())).unwrap_or_default();
        if std::str::from_utf8(of_row).is_err() {
            of_row.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Why a row is refused; `text` is what is lost with it.
pub(super) fn refusal(reason: RowError, text: &[u8]) -> String {
    match memchr::memchr_iter(b'\n', text.trim_ascii_end()).count() {
        0 => reason.to_string(),
        feeds => format!("{reason}; it has {} lines", feeds + 1),
    }
}

/// What is odd about a valid row.
fn doubt(lines: usize) -> String {
    format!("a quoted value has {lines} more lines, each of which looks like a row; check the quotes")
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
