//! NDJSON: one object per line.

use super::input::{Blocks, DataFile, LONGEST, line_parts};
use super::kinds::Syntax;
use super::options::OpenOptions;
use super::rows::{Cell, Mapping, Rows};
use super::scan_stats::{Declared, StatsCollector};
use super::sink::{RowReader, Sink};
use super::splits::{FileSplits, SplitFormat};
use crate::error::SourceError;
use datafusion::common::{DataFusionError, Result};
use kql_scan::json_index::Index;
use kql_scan::json_keys::KeyPredictor;
use kql_scan::json_text::{Cursor, Fault, Raw};
use std::io;
use std::sync::Arc;

const NOT_UTF8: Fault = "the text is not valid UTF-8";

/// Blocks of lines.
pub(super) struct LineBlocks {
    blocks: Blocks,
    index: Index,
    passed: Passed,
}

/// The position up to which the lines of a block were read.
#[derive(Clone, Copy, Default)]
pub(super) struct Passed {
    /// Number of lines of the block.
    lines: usize,
    /// The end of the last one.
    at: usize,
    /// The number of the last one.
    number: u64,
}

impl LineBlocks {
    pub(super) fn new(blocks: Blocks) -> LineBlocks {
        LineBlocks { blocks, index: Index::default(), passed: Passed::default() }
    }

    /// Goes to the next block if all lines of this one were read; false at the end.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if self.passed.lines < self.index.lines() {
            return Ok(true);
        }
        let more = self.blocks.next()?;
        self.index.find(self.blocks.block());
        self.passed = Passed { number: self.passed.number, ..Passed::default() };
        Ok(more)
    }

    /// The lines that were not read yet and are not blank.
    pub(super) fn lines(&self) -> Lines<'_> {
        // one check for the whole block is much cheaper than one for each line
        Lines { valid: simdutf8::basic::from_utf8(self.blocks.block()).ok(), ..self.one_by_one() }
    }

    /// The same lines, for reading only one of them.
    pub(super) fn one_by_one(&self) -> Lines<'_> {
        Lines { bytes: self.blocks.block(), valid: None, index: &self.index, passed: self.passed }
    }

    pub(super) fn pass(&mut self, passed: Passed) {
        self.passed = passed;
    }

    /// The number of the last line that was read.
    pub(super) fn number(&self) -> u64 {
        self.passed.number
    }
}

/// Iterates over the lines of a block.
pub(super) struct Lines<'b> {
    bytes: &'b [u8],
    /// The block, if it is valid UTF-8.
    valid: Option<&'b str>,
    index: &'b Index,
    passed: Passed,
}

impl Lines<'_> {
    /// The position up to which the lines were read.
    pub(super) fn passed(&self) -> Passed {
        self.passed
    }

    /// The number of the last line.
    pub(super) fn number(&self) -> u64 {
        self.passed.number
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = Result<Cursor<'b>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Passed { lines, at: begins, number } = self.passed;
            let (end, quotes) = self.index.line(lines, begins)?;
            self.passed = Passed { lines: lines + 1, at: end + 1, number: number + 1 };
            let text = match self.valid {
                Some(text) => text.get(begins..end).ok_or(NOT_UTF8),
                None => std::str::from_utf8(self.bytes.get(begins..end)?).map_err(|_| NOT_UTF8),
            };
            match text {
                Ok(text) if text.trim_ascii().is_empty() => {}
                text => return Some(text.map(|text| Cursor::indexed(text, quotes))),
            }
        }
    }
}

/// Reads a line that consists of exactly one object.
pub(super) fn whole_object<'a>(
    mut cursor: Cursor<'a>,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if cursor.text().len() > LONGEST {
        return Err("the line is too long");
    }
    cursor.space();
    read(&mut cursor)?;
    cursor.end()
}

/// Whether the text is a line with a whole object.
pub(super) fn is_object_line(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|t| whole_object(Cursor::new(t), |c| c.object(&mut KeyPredictor::default(), &mut ())).is_ok())
}

/// Reads a split of a file; surveys it too unless that was done before.
pub(super) struct LineReader {
    splits: Arc<FileSplits>,
    split: usize,
    mapping: Arc<Mapping>,
    shape: KeyPredictor,
    collector: Option<StatsCollector>,
    blocks: LineBlocks,
    /// Number of lines before the split.
    before: u64,
}

/// The splits of an NDJSON file, starting at an offset.
pub(super) fn splits(
    file: &Arc<DataFile>,
    from: u64,
    declared: &Declared,
    options: &OpenOptions,
) -> Result<FileSplits, SourceError> {
    let bounds = line_parts(file, from, options.split_bytes)?;
    Ok(FileSplits::new(file, declared, Arc::new(JsonLines), bounds, 0))
}

/// One object per line.
#[derive(Debug)]
pub(super) struct JsonLines;

impl SplitFormat for JsonLines {
    fn open(
        &self,
        splits: Arc<FileSplits>,
        split: usize,
        mapping: Arc<Mapping>,
    ) -> Result<Box<dyn RowReader>, SourceError> {
        Ok(Box::new(LineReader::open(splits, split, mapping)?))
    }
}

impl LineReader {
    fn open(splits: Arc<FileSplits>, split: usize, mapping: Arc<Mapping>) -> Result<LineReader, SourceError> {
        let (from, length) = splits.bounds(split);
        let blocks = LineBlocks::new(Blocks::new(&splits.file, from, length)?);
        let shape = KeyPredictor::of(mapping.names.iter().map(String::as_str));
        let collector = (!splits.is_surveyed(split))
            .then(|| StatsCollector::new(splits.declared.clone(), Syntax::Json, &mapping.names));
        let before = splits.lines_before(split);
        Ok(LineReader { splits, split, mapping, shape, collector, blocks, before })
    }
}

/// Rows of a block.
struct JsonRows<'a> {
    /// Number of values per row.
    width: usize,
    values: Vec<Raw<'a>>,
    /// For each row its line in the split, and its length.
    lines: Vec<(u64, usize)>,
    /// Number of lines before the split.
    before: u64,
}

impl<'a> Rows<'a> for JsonRows<'a> {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn cell(&self, row: usize, name: usize) -> Cell<'a> {
        Cell::Json(self.values.get(row * self.width + name).copied().unwrap_or(Raw::Null))
    }

    fn line(&self, row: usize) -> u64 {
        self.before + self.lines.get(row).map_or(0, |(line, _)| *line)
    }

    fn bytes(&self, row: usize) -> usize {
        self.lines.get(row).map_or(0, |(_, bytes)| *bytes)
    }
}

impl RowReader for LineReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let LineReader { splits, split, mapping, shape, collector, blocks, before } = self;
        let file: &DataFile = &splits.file;
        while blocks.advance().map_err(|e| DataFusionError::External(Box::new(file.unreadable(e))))? {
            let width = mapping.names.len();
            let room = sink.room();
            let mut rows = JsonRows { width, values: Vec::new(), lines: Vec::new(), before: *before };
            let mut lines = blocks.lines();
            while rows.lines.len() < room
                && let Some(line) = lines.next()
            {
                let from = rows.values.len();
                rows.values.resize(from + width, Raw::Null);
                let values = rows.values.get_mut(from..).unwrap_or_default();
                let bytes = line.as_ref().map_or(0, |cursor| cursor.text().len());
                let read = line.and_then(|cursor| {
                    whole_object(cursor, |cursor| match collector {
                        Some(collector) => collector.object(cursor, lines.number(), values),
                        None => cursor.object(shape, values),
                    })
                });
                match (read, &mut *collector) {
                    (Ok(()), collector) => {
                        if let Some(collector) = collector {
                            collector.survey.rows += 1;
                        }
                        rows.lines.push((lines.number(), bytes));
                        continue;
                    }
                    (Err(reason), Some(collector)) => collector.survey.refuse(lines.number(), reason),
                    // a row refused here was reported before
                    (Err(_), None) => {}
                }
                rows.values.truncate(from);
            }
            let passed = lines.passed();
            sink.push_rows(mapping, &rows, &file.path)?;
            blocks.pass(passed);
            if sink.is_full() {
                return Ok(true);
            }
        }
        if let Some(mut collector) = collector.take() {
            let (from, length) = splits.bounds(*split);
            collector.survey.lines = blocks.number();
            collector.survey.end = from.saturating_add(length);
            splits.surveyed(*split, collector.survey);
        }
        Ok(false)
    }
}
