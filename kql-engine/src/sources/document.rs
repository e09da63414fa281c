//! JSON that is not one object per line: an array of objects, one object, or consecutive objects, with
//! line breaks anywhere. The whole text is in memory while it is read.

use super::input::DataFile;
use super::kinds::Syntax;
use super::lines::is_object_line;
use super::rows::Mapping;
use super::scan_stats::{Declared, ScanStats, StatsCollector, rest_lost};
use super::sink::{RowReader, Sink};
use crate::error::SourceError;
use datafusion::common::Result;
use kql_scan::json_keys::KeyPredictor;
use kql_scan::json_text::{Cursor, Fault, Raw};
use memchr::memmem::Finder;
use serde::de::IgnoredAny;
use std::cell::Cell;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The layout of the objects in a JSON file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Layout {
    Lines,
    Document,
}

/// Determines the layout from the content.
pub(super) fn layout(file: &DataFile, mark: u64, lines_by_name: bool) -> Result<Layout, SourceError> {
    // if the name says that there are lines, the first character is enough
    let examined = if lines_by_name { 64 << 10 } else { 1 << 20 };
    let mut head = Vec::new();
    file.reader_of(mark, examined)?.take(examined).read_to_end(&mut head).map_err(|e| file.unreadable(e))?;
    let start = head.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(head.len());
    let rest = head.get(start..).unwrap_or_default();
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    Ok(match rest.first() {
        Some(b'[') => Layout::Document,
        Some(b'{') if !lines_by_name && !is_object_line(line) => {
            // a first line that is not an object: damaged, if the second one begins an object too and is not an element of
            // what the first one opens
            let second = rest.get(line.len() + 1..).unwrap_or_default().trim_ascii_start();
            let next = second.split(|&b| b == b'\n').next().unwrap_or_default().trim_ascii_end();
            let opens = line.trim_ascii_end().ends_with(b"[") || line.trim_ascii_end().ends_with(b",");
            if second.starts_with(b"{") && line.trim_ascii().len() > 1 && !opens && !next.ends_with(b",") {
                Layout::Lines
            } else {
                Layout::Document
            }
        }
        _ => Layout::Lines,
    })
}

/// A file's text, and the elements in it.
pub(super) struct Elements {
    pub text: String,
    pub at: usize,
    /// The line of `seen`.
    line: u64,
    seen: usize,
    started: bool,
    /// Whether an array has begun and not ended.
    open: bool,
    /// The key whose array in an object holds the elements, if one does.
    key: Option<&'static str>,
    /// Whether the array is that of the key in an object.
    within: bool,
    /// The beginning of the first element: a brace, the first key, a colon. The element after a damaged one is found by it.
    begin: Option<Finder<'static>>,
    /// Whether parts inside an element can begin in the same way.
    ambiguous: Cell<bool>,
    /// Bytes of damaged elements. They can overlap, since one that is not closed reaches to the end of the file.
    damaged: usize,
}

/// The rest of a file is not read once its damaged elements have this many times its bytes: the work stays proportional to the
/// size of the file.
const MOST_DAMAGED: usize = 32;

/// What is next in the text.
pub(super) enum Element {
    Object,
    /// It is skipped.
    Other(&'static str),
    /// Nothing more can be read.
    Broken(&'static str),
    End,
}

impl Elements {
    pub(super) fn open(file: &DataFile, mark: u64) -> Result<Elements, SourceError> {
        Elements::inside(file, mark, None)
    }

    /// The elements of the arrays under a key in the objects of a file; objects without the key are elements themselves.
    pub(super) fn inside(file: &DataFile, mark: u64, key: Option<&'static str>) -> Result<Elements, SourceError> {
        let mut bytes = Vec::new();
        file.whole(mark)?.read_to_end(&mut bytes).map_err(|e| file.unreadable(e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            file.unreadable(format!("line {line}: the text is not valid UTF-8"))
        })?;
        Ok(Elements {
            text,
            at: 0,
            line: 1,
            seen: 0,
            started: false,
            open: false,
            key,
            within: false,
            begin: None,
            ambiguous: Cell::new(false),
            damaged: 0,
        })
    }

    /// Goes to the next element; if it is an object, the caller reads it from `at`.
    pub(super) fn next(&mut self) -> Element {
        loop {
            let text = std::mem::take(&mut self.text);
            let mut cursor = Cursor::new(&text);
            cursor.at = self.at;
            let element = if self.within { self.in_array(&mut cursor) } else { Some(self.in_file(&mut cursor)) };
            let entered = match (&element, self.key) {
                (Some(Element::Object), Some(key)) if !self.within => enter(&mut cursor, key),
                _ => false,
            };
            self.at = cursor.at;
            self.text = text;
            self.within |= entered;
            match element {
                Some(element) if !entered => {
                    if self.begin.is_none() && matches!(element, Element::Object) {
                        let begin = self.text.get(self.at..).and_then(|rest| rest.split_inclusive(':').next());
                        self.begin = begin.map(|begin| Finder::new(begin).into_owned());
                    }
                    return element;
                }
                _ => {}
            }
        }
    }

    /// The next element of the file, inside an array or not.
    fn in_file(&mut self, cursor: &mut Cursor) -> Element {
        cursor.space();
        if !self.started {
            self.started = true;
            self.open = cursor.take(b'[');
            cursor.space();
        }
        loop {
            // consecutive arrays, such as the pages of a response, are treated as one
            if cursor.take(b']') {
                cursor.space();
                self.open = cursor.take(b'[');
            } else if !cursor.take(b',') {
                break;
            }
            cursor.space();
        }
        if cursor.peek().is_none() && !self.open { Element::End } else { here(cursor) }
    }

    /// The next element of the key's array; `None` after the end of the array and of the object around it.
    fn in_array(&mut self, cursor: &mut Cursor) -> Option<Element> {
        cursor.space();
        while cursor.take(b',') {
            cursor.space();
        }
        if !cursor.take(b']') {
            return Some(here(cursor));
        }
        let left = leave(cursor);
        self.within = left.is_err();
        left.err().map(Element::Broken)
    }

    /// Checks that the text between two positions is one element: a quote that is missing in one ends in another, and
    /// everything between them would be one value.
    pub(super) fn check_is_one(&self, at: usize, end: usize) -> Result<(), Fault> {
        let element = self.text.get(at..end).unwrap_or_default();
        let inner = element.as_bytes().get(1..).unwrap_or_default();
        if self.begin.as_ref().is_none_or(|begin| begin.find(inner).is_none()) {
            return Ok(());
        }
        if serde_json::from_str::<IgnoredAny>(element).is_err() {
            return Err("this object continues into the next one");
        }
        self.ambiguous.set(true);
        Ok(())
    }

    /// Goes from a position where nothing can be read to the next element that begins as others do, and returns whether an
    /// element was skipped; `None` if there is no further one, or too much of the file is damaged.
    pub(super) fn resume(&mut self, from: usize) -> Option<bool> {
        /// Every element is longer than what can be between two elements.
        const BETWEEN: usize = 4;
        let begin = self.begin.as_ref().filter(|_| !self.ambiguous.get())?;
        self.damaged = self.damaged.saturating_add(extent(&self.text, from));
        if self.damaged / MOST_DAMAGED > self.text.len() {
            return None;
        }
        let at = from + 1 + begin.find(self.text.as_bytes().get(from + 1..)?)?;
        self.at = at;
        Some(at - from > BETWEEN)
    }

    /// The line of the position, which must not go back.
    pub(super) fn line_at(&mut self, at: usize) -> u64 {
        let passed = self.text.as_bytes().get(self.seen..at).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.seen = self.seen.max(at);
        self.line
    }
}

/// The number of bytes that reading the value at a position looks at, whether it is valid or not.
fn extent(text: &str, from: usize) -> usize {
    let mut cursor = Cursor::new(text);
    cursor.at = from;
    match (cursor.value(), text.as_bytes().get(from)) {
        (Err(_), Some(b'{' | b'[' | b'"')) => text.len() - from,
        _ => cursor.at - from,
    }
}

/// What is at the cursor.
fn here(cursor: &mut Cursor) -> Element {
    match cursor.peek() {
        None => Element::Broken("the array has no end"),
        Some(b'{') => Element::Object,
        Some(_) => {
            let from = cursor.at;
            match cursor.value() {
                Ok(_) if cursor.at > from => Element::Other("this is not a JSON object"),
                Ok(_) => Element::Broken("this is not a JSON value"),
                Err(fault) => Element::Broken(fault),
            }
        }
    }
}

/// Goes into the array under a key of the object at the cursor; without such a key, the cursor does not move.
fn enter(cursor: &mut Cursor, wanted: &str) -> bool {
    let from = cursor.at;
    cursor.take(b'{');
    let found = loop {
        cursor.space();
        let Ok(Raw::String(key)) = cursor.value() else { break false };
        cursor.space();
        if !cursor.take(b':') {
            break false;
        }
        cursor.space();
        if key == wanted {
            break cursor.take(b'[');
        }
        if cursor.value().is_err() {
            break false;
        }
        cursor.space();
        if !cursor.take(b',') {
            break false;
        }
    };
    if !found {
        cursor.at = from;
    }
    found
}

/// Goes after the object whose member ends at the cursor.
fn leave(cursor: &mut Cursor) -> Result<(), Fault> {
    loop {
        cursor.space();
        if cursor.take(b'}') {
            return Ok(());
        }
        if !cursor.take(b',') {
            return Err(if cursor.peek().is_none() { "the object has no end" } else { "this is not a JSON object" });
        }
        cursor.space();
        cursor.value()?;
        cursor.space();
        if cursor.take(b':') {
            cursor.space();
            cursor.value()?;
        }
    }
}

/// Surveys a file.
pub(super) fn survey(file: &DataFile, mark: u64, declared: &Declared) -> Result<ScanStats, SourceError> {
    let mut elements = Elements::open(file, mark)?;
    let mut collector = StatsCollector::new(declared.clone(), Syntax::Json, &[]);
    loop {
        let element = elements.next();
        let at = elements.at;
        match element {
            Element::End => break,
            Element::Other(reason) => {
                let line = elements.line_at(at);
                collector.survey.refuse(line, reason);
            }
            Element::Broken(reason) => {
                let line = elements.line_at(at);
                match elements.resume(at) {
                    Some(true) => collector.survey.refuse(line, reason),
                    Some(false) => {}
                    None => {
                        collector.survey.refuse(line, &rest_lost(reason));
                        break;
                    }
                }
            }
            Element::Object => {
                let line = elements.line_at(at);
                let mut cursor = Cursor::new(&elements.text);
                cursor.at = at;
                let result = collector.leading_object(&mut cursor, line, |end| elements.check_is_one(at, end));
                let end = cursor.at;
                match result {
                    Ok(()) => {
                        collector.survey.rows += 1;
                        elements.at = end;
                    }
                    Err(reason) => {
                        if elements.resume(at).is_some() {
                            collector.survey.refuse(line, reason);
                        } else {
                            collector.survey.refuse(line, &rest_lost(reason));
                            break;
                        }
                    }
                }
            }
        }
    }
    Ok(collector.survey)
}

/// Reads a file.
pub(super) struct DocumentReader {
    file: Arc<DataFile>,
    mapping: Arc<Mapping>,
    shape: KeyPredictor,
    elements: Elements,
}

impl DocumentReader {
    pub(super) fn open(file: Arc<DataFile>, mark: u64, mapping: Arc<Mapping>) -> Result<DocumentReader, SourceError> {
        let elements = Elements::open(&file, mark)?;
        let shape = KeyPredictor::of(mapping.names.iter().map(String::as_str));
        Ok(DocumentReader { file, mapping, shape, elements })
    }
}

impl RowReader for DocumentReader {
    fn fill(&mut self, sink: &mut Sink) -> Result<bool> {
        let path: &Path = &self.file.path;
        loop {
            match self.elements.next() {
                Element::End => return Ok(false),
                Element::Broken(_) => {
                    let at = self.elements.at;
                    if self.elements.resume(at).is_none() {
                        return Ok(false);
                    }
                }
                Element::Other(_) => {}
                Element::Object => {
                    let at = self.elements.at;
                    let line = self.elements.line_at(at);
                    let mut values = vec![Raw::Null; self.mapping.names.len()];
                    let mut cursor = Cursor::new(&self.elements.text);
                    cursor.at = at;
                    let result = cursor.object(&mut self.shape, values.as_mut_slice());
                    let end = cursor.at;
                    if result.and_then(|()| self.elements.check_is_one(at, end)).is_err() {
                        if self.elements.resume(at).is_none() {
                            return Ok(false);
                        }
                        continue;
                    }
                    sink.push_json(&self.mapping, &values, path, line, end - at);
                    self.elements.at = end;
                    if sink.is_full() {
                        return Ok(true);
                    }
                }
            }
        }
    }
}
