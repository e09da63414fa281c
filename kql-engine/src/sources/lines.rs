//! NDJSON: an object a line.

use super::SourceError;
use super::input::{Blocks, DataFile, LONGEST};
use super::json_text::{Cursor, Fault, Raw, Shape};
use super::pieces::Pieces;
use super::sink::{Cell, Mapping, RowReader, Rows, Sink};
use super::survey::Surveyor;
use datafusion::common::{DataFusionError, Result};
use std::ops::ControlFlow;
use std::sync::Arc;

const NOT_UTF8: Fault = "the text is not valid UTF-8";

/// Calls `visit` with the lines that are not blank and their numbers, counted on from `line`. Returns how
/// many bytes were visited.
pub(super) fn each_line<'b>(
    block: &'b [u8],
    line: &mut u64,
    mut visit: impl FnMut(u64, Result<&'b str, Fault>) -> ControlFlow<()>,
) -> usize {
    // one check for the whole block is much cheaper than one for each line
    let valid = simdutf8::basic::from_utf8(block).ok();
    let mut at = 0;
    while let Some(rest) = block.get(at..).filter(|rest| !rest.is_empty()) {
        let end = at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = match valid {
            Some(text) => text.get(at..end).ok_or(NOT_UTF8),
            None => std::str::from_utf8(block.get(at..end).unwrap_or_default()).map_err(|_| NOT_UTF8),
        };
        at = end + 1;
        *line += 1;
        let blank = matches!(text, Ok(text) if text.trim_ascii().is_empty());
        if !blank && visit(*line, text).is_break() {
            break;
        }
    }
    at.min(block.len())
}

/// Reads a line that is one object and nothing else.
pub(super) fn whole_object<'a>(
    text: &'a str,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if text.len() > LONGEST {
        return Err("the line is too long");
    }
    let mut cursor = Cursor::new(text);
    cursor.space();
    read(&mut cursor)?;
    cursor.end()
}

/// Whether the text is a line with a whole object.
pub(super) fn is_object_line(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|t| whole_object(t, |c| c.object(&mut Shape::default(), &mut ())).is_ok())
}

/// Reads a piece of a file; surveys it as well where nobody did before.
pub(super) struct LineReader {
    pieces: Arc<Pieces>,
    piece: usize,
    mapping: Arc<Mapping>,
    shape: Shape,
    surveyor: Option<Surveyor>,
    blocks: Blocks,
    block: Vec<u8>,
    at: usize,
    /// Of the piece.
    line: u64,
    /// Before the piece.
    before: u64,
}

impl LineReader {
    pub(super) fn open(pieces: Arc<Pieces>, piece: usize, mapping: Arc<Mapping>) -> Result<LineReader, SourceError> {
        let (from, length) = pieces.bounds(piece);
        let blocks = Blocks::new(&pieces.file, from, length)?;
        let shape = Shape::of(mapping.names.iter().map(String::as_str));
        let surveyor =
            (!pieces.is_surveyed(piece)).then(|| Surveyor::new(pieces.declared.clone(), false, &mapping.names));
        let before = pieces.lines_before(piece);
        Ok(LineReader { pieces, piece, mapping, shape, surveyor, blocks, block: Vec::new(), at: 0, line: 0, before })
    }
}

/// Rows of a block.
struct JsonRows<'a> {
    /// Values of a row.
    width: usize,
    values: Vec<Raw<'a>>,
    /// For each row its line in the piece, and its length.
    lines: Vec<(u64, usize)>,
    /// Lines before the piece.
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
        let LineReader { pieces, piece, mapping, shape, surveyor, blocks, block, at, line, before } = self;
        let file: &DataFile = &pieces.file;
        loop {
            if *at >= block.len() {
                *at = 0;
                let unreadable = |e| DataFusionError::External(Box::new(file.unreadable(e)));
                if !blocks.next(block).map_err(unreadable)? {
                    if let Some(mut surveyor) = surveyor.take() {
                        let (from, length) = pieces.bounds(*piece);
                        surveyor.survey.lines = *line;
                        surveyor.survey.end = from.saturating_add(length);
                        pieces.surveyed(*piece, surveyor.survey);
                    }
                    return Ok(false);
                }
            }
            let width = mapping.names.len();
            let room = sink.room();
            let mut rows = JsonRows { width, values: Vec::new(), lines: Vec::new(), before: *before };
            let rest = block.get(*at..).unwrap_or_default();
            *at += each_line(rest, line, |line, text| {
                let from = rows.values.len();
                rows.values.resize(from + width, Raw::Null);
                let values = rows.values.get_mut(from..).unwrap_or_default();
                let read = text.and_then(|text| {
                    whole_object(text, |cursor| match surveyor {
                        Some(surveyor) => surveyor.object(cursor, line, true, values),
                        None => cursor.object(shape, values),
                    })
                });
                match (read, &mut *surveyor) {
                    (Ok(()), surveyor) => {
                        if let Some(surveyor) = surveyor {
                            surveyor.survey.rows += 1;
                        }
                        rows.lines.push((line, text.map_or(0, str::len)));
                        return if rows.lines.len() < room {
                            ControlFlow::Continue(())
                        } else {
                            ControlFlow::Break(())
                        };
                    }
                    (Err(reason), Some(surveyor)) => surveyor.survey.refuse(line, reason),
                    // what is refused here was reported before
                    (Err(_), None) => {}
                }
                rows.values.truncate(from);
                ControlFlow::Continue(())
            });
            sink.push_rows(mapping, &rows, &file.path)?;
            if sink.is_full() {
                return Ok(true);
            }
        }
    }
}
