//! NDJSON: an object a line.
//!
//! Opening a file reads it once, in parts and on all processors, for the names and types of its columns, the
//! damaged lines, and the numbers of lines. Scanning reads the parts again and decodes what is asked for.

use super::SourceError;
use super::dates::{Dates, Zone, split_zone};
use super::input::{Blocks, DataFile, LONGEST};
use super::json_text::{Cursor, Fault, Raw, Shape, Slot, unescape};
use super::kinds::Kinds;
use super::report::Place;
use super::sink::{Mapping, RowReader, Sink};
use crate::types::{ScalarType, TableSchema};
use datafusion::common::{DataFusionError, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a part of a file, or a file, holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// The names in order of appearance, and the kinds of values of those that no schema declares.
    pub names: Vec<(String, Kinds)>,
    pub rows: u64,
    pub lines: u64,
    pub refused: u64,
    /// The first refused lines.
    pub places: Vec<Place>,
    /// What the dates show about their order.
    pub dates: Dates,
}

/// The columns that a schema declares, and whether each is of dates.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared(Arc<HashMap<String, bool>>);

impl Declared {
    pub(super) fn of(schema: Option<&TableSchema>) -> Declared {
        let columns = schema.iter().flat_map(|s| &s.columns);
        Declared(Arc::new(columns.map(|c| (c.name.clone(), c.ty == ScalarType::Datetime)).collect()))
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// Whether the values of a file's column are dates, by its header or by the schema.
    pub(super) fn is_date(&self, header: &str) -> bool {
        let (column, zone) = split_zone(header);
        zone != Zone::None || self.0.get(column).copied().unwrap_or(false)
    }
}

impl Survey {
    /// Counts a line that is left out.
    pub(super) fn refuse(&mut self, line: u64, reason: &str) {
        self.refused += 1;
        if self.places.len() < 3 {
            self.places.push(Place { line, reason: reason.to_owned() });
        }
    }

    /// Adds the survey of the next part.
    pub(super) fn append(&mut self, next: Survey) {
        for (name, kinds) in next.names {
            match self.names.iter_mut().find(|(n, _)| *n == name) {
                Some((_, own)) => own.add(kinds),
                None => self.names.push((name, kinds)),
            }
        }
        self.rows += next.rows;
        self.refused += next.refused;
        let lines = self.lines;
        self.dates.append(next.dates, lines);
        self.places.extend(next.places.into_iter().map(|p| Place { line: p.line + lines, ..p }));
        self.places.truncate(3);
        self.lines += next.lines;
    }
}

/// Surveys objects: remembers names, and the kinds of values of undeclared ones.
pub(super) struct Surveyor {
    declared: Declared,
    /// Whether every value is a text, as in CSV.
    texts: bool,
    shape: Shape,
    /// For each name whether its values are dates.
    dated: Vec<bool>,
    pub survey: Survey,
}

impl Surveyor {
    pub(super) fn new(declared: Declared, texts: bool) -> Surveyor {
        Surveyor { declared, texts, shape: Shape::default(), dated: Vec::new(), survey: Survey::default() }
    }

    /// Reads the object at the cursor, which is in that line.
    pub(super) fn object(&mut self, cursor: &mut Cursor, line: u64) -> Result<(), Fault> {
        let mut kinds: Vec<(usize, Kinds)> = Vec::new();
        let Surveyor { declared, texts, dated, shape, survey } = self;
        let Survey { names, dates, .. } = survey;
        let of_text = if *texts { Kinds::of_csv } else { Kinds::of_string };
        let dated = RefCell::new(dated);
        let mut new = Vec::new();
        let result = cursor.object(
            shape,
            |key| {
                let date = declared.is_date(key);
                let skipped = declared.has(split_zone(key).0) && !date;
                let at = names.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
                    new.push(key.to_owned());
                    dated.borrow_mut().push(date);
                    names.len() + new.len() - 1
                });
                if skipped { Slot::Skip } else { Slot::At(at) }
            },
            |i, raw| {
                if let Raw::String(text, _) = raw
                    && dated.borrow().get(i).copied().unwrap_or(false)
                {
                    dates.see(text, line);
                    return;
                }
                let kind = match raw {
                    Raw::Null => return,
                    Raw::Bool(_) => Kinds::BOOL,
                    Raw::Number(text) => Kinds::of_number(text).unwrap_or(Kinds::REAL),
                    Raw::Nested(_) => Kinds::NESTED,
                    Raw::String(text, true) => of_text(&unescape(text)),
                    Raw::String(text, false) => of_text(text),
                };
                kinds.push((i, kind));
            },
        );
        if result.is_err() && !new.is_empty() {
            // what is damaged names no columns, and the shape must not know them
            *shape = Shape::default();
            dated.into_inner().truncate(names.len());
            return result;
        }
        names.extend(new.into_iter().map(|name| (name, Kinds::default())));
        result?;
        for (i, kind) in kinds {
            if let Some((_, own)) = names.get_mut(i) {
                own.add(kind);
            }
        }
        Ok(())
    }
}

/// Surveys a part of a file.
pub(super) fn survey(file: &DataFile, from: u64, length: u64, declared: &Declared) -> Result<Survey, SourceError> {
    let mut surveyor = Surveyor::new(declared.clone(), false);
    let mut blocks = Blocks::new(file, from, length)?;
    let mut block = Vec::new();
    let mut line = 0;
    while blocks.next(&mut block).map_err(|e| file.unreadable(e))? {
        each_line(&block, &mut line, |line, text| {
            let result = text.and_then(|text| whole_object(text, |cursor| surveyor.object(cursor, line)));
            match result {
                Ok(()) => surveyor.survey.rows += 1,
                Err(reason) => surveyor.survey.refuse(line, reason),
            }
            ControlFlow::Continue(())
        });
    }
    surveyor.survey.lines = line;
    Ok(surveyor.survey)
}

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
            Some(text) => text.get(at..end).ok_or("the text is not valid UTF-8"),
            None => {
                std::str::from_utf8(block.get(at..end).unwrap_or_default()).map_err(|_| "the text is not valid UTF-8")
            }
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
pub(super) fn whole_object(text: &str, read: impl FnOnce(&mut Cursor) -> Result<(), Fault>) -> Result<(), Fault> {
    if text.len() > LONGEST {
        return Err("the line is too long");
    }
    let mut cursor = Cursor::new(text);
    cursor.space();
    read(&mut cursor)?;
    cursor.space();
    if cursor.at == text.len() { Ok(()) } else { Err("there is text after the object") }
}

/// Whether the text is a line with a whole object.
pub(super) fn is_object_line(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|t| whole_object(t, |c| c.object(&mut Shape::default(), |_| Slot::Skip, |_, _| ())).is_ok())
}

/// Reads a part of a file.
pub(super) struct LineReader {
    file: Arc<DataFile>,
    mapping: Arc<Mapping>,
    shape: Shape,
    blocks: Blocks,
    block: Vec<u8>,
    at: usize,
    line: u64,
}

impl LineReader {
    /// `line` is the number of lines before the part.
    pub(super) fn open(
        file: Arc<DataFile>,
        from: u64,
        length: u64,
        line: u64,
        mapping: Arc<Mapping>,
    ) -> Result<LineReader, SourceError> {
        let blocks = Blocks::new(&file, from, length)?;
        let shape = Shape::of(mapping.names.iter().map(String::as_str));
        Ok(LineReader { file, mapping, shape, blocks, block: Vec::new(), at: 0, line })
    }
}

impl RowReader for LineReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let LineReader { file, mapping, shape, blocks, block, at, line } = self;
        loop {
            if *at >= block.len() {
                *at = 0;
                let unreadable = |e| DataFusionError::External(Box::new(file.unreadable(e)));
                if !blocks.next(block).map_err(unreadable)? {
                    return Ok(false);
                }
            }
            let mut values = vec![Raw::Null; mapping.names.len()];
            let rest = block.get(*at..).unwrap_or_default();
            *at += each_line(rest, line, |line, text| {
                let Ok(text) = text else { return ControlFlow::Continue(()) };
                values.fill(Raw::Null);
                let mut cursor = Cursor::new(text);
                cursor.space();
                let result = cursor.object(
                    shape,
                    |_| Slot::Skip,
                    |i, raw| {
                        if let Some(value) = values.get_mut(i) {
                            *value = raw;
                        }
                    },
                );
                cursor.space();
                // what is refused here was reported when the file was opened
                if result.is_ok() && cursor.at == text.len() && text.len() <= LONGEST {
                    sink.push_json(mapping, &values, &file.path, line, text.len());
                    if sink.is_full() {
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            });
            if sink.is_full() {
                return Ok(true);
            }
        }
    }
}
