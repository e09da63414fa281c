//! Blocks of CSV cut into rows and fields, 64 bytes at a time.
//!
//! A quote opens a value only at the beginning of a field, and two quotes in a row inside a value stand for one. So the
//! quotes before a position determine whether it is inside a value, as long as each opening quote stands at the beginning
//! of a field or right after a closing quote. Text that breaks this rule is irregular: [`Rows::cut_by_byte`] reads it, and
//! returns the same rows as [`Rows::cut`] for all other text. Both read texts as the `csv` crate does.

use crate::lanes::{self, Lanes, Pass, blocks};
use std::borrow::Cow;

/// Rows of a block.
#[derive(Debug)]
pub struct Rows {
    delimiter: u8,
    /// Where each field ends: the positions of the delimiters and line feeds outside quotes, then unused room.
    ends: Vec<u32>,
    /// For each row, the index after the one of its last field.
    rows: Vec<u32>,
    /// Whether a quote breaks the rule; the rows are meaningless then.
    pub irregular: bool,
    /// Whether the block ends inside quotes.
    pub open: bool,
    /// Whether there is a line feed inside quotes.
    pub multiline: bool,
}

/// Where a block is in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// Another block follows.
    Inner,
    /// The block ends where the file ends.
    Last,
}

impl Rows {
    /// No rows yet; `delimiter` separates the fields.
    pub fn new(delimiter: u8) -> Rows {
        Rows { delimiter, ends: Vec::new(), rows: Vec::new(), irregular: false, open: false, multiline: false }
    }

    /// Cuts a block that begins at the beginning of a row. What follows the last line feed becomes a row only in the last
    /// block.
    pub fn cut(&mut self, block: &[u8], place: Block) {
        self.rows.clear();
        let found = lanes::run(Cut { delimiter: self.delimiter, ends: &mut self.ends, rows: &mut self.rows }, block);
        self.finish(found, block, place);
    }

    /// The same for text that can be irregular, byte by byte.
    pub fn cut_by_byte(&mut self, block: &[u8], place: Block) {
        self.rows.clear();
        let (mut fields, mut multiline) = (0, false);
        let mut state = State::Begin;
        for (at, byte) in block.iter().enumerate() {
            state = match (state, *byte) {
                (State::Begin, b'"') | (State::Closed, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, byte) => {
                    multiline |= byte == b'\n';
                    State::Quoted
                }
                (_, byte) if byte == self.delimiter || byte == b'\n' => {
                    // room for the end of the last row too
                    if self.ends.len() < fields + 2 {
                        self.ends.resize(self.ends.len() * 2 + 128, 0);
                    }
                    if let Some(end) = self.ends.get_mut(fields) {
                        *end = at as u32;
                    }
                    fields += 1;
                    if byte == b'\n' {
                        self.rows.push(fields as u32);
                    }
                    State::Begin
                }
                _ => State::Plain,
            };
        }
        if self.ends.len() < fields + 1 {
            self.ends.resize(fields + 128, 0);
        }
        self.finish(Found { fields, irregular: false, open: state == State::Quoted, multiline }, block, place);
    }

    fn finish(&mut self, found: Found, block: &[u8], place: Block) {
        self.irregular = found.irregular;
        self.open = found.open;
        self.multiline = found.multiline;
        let length = block.len() as u32;
        if place == Block::Last
            && self.end() < block.len()
            && let Some(end) = self.ends.get_mut(found.fields)
        {
            *end = length;
            self.rows.push(found.fields as u32 + 1);
        }
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The end of the last row.
    pub fn end(&self) -> usize {
        self.start(self.rows.len())
    }

    /// Where a row begins.
    pub fn start(&self, row: usize) -> usize {
        let Some(before) = row.checked_sub(1) else { return 0 };
        let last = self.rows.get(before).and_then(|end| self.ends.get((*end as usize).checked_sub(1)?));
        last.map_or(0, |end| *end as usize + 1)
    }

    /// A row of a block.
    pub fn row<'b>(&'b self, block: &'b str, row: usize) -> Row<'b> {
        let first = row.checked_sub(1).and_then(|r| self.rows.get(r)).map_or(0, |i| *i as usize);
        let last = self.rows.get(row).map_or(first, |i| *i as usize);
        Row { block, start: self.start(row), ends: self.ends.get(first..last).unwrap_or_default() }
    }
}

/// Finds the ends of fields and rows.
struct Cut<'a> {
    delimiter: u8,
    /// With unused room at the end.
    ends: &'a mut Vec<u32>,
    rows: &'a mut Vec<u32>,
}

/// What the pass found in a block.
struct Found {
    fields: usize,
    irregular: bool,
    open: bool,
    multiline: bool,
}

/// Where a byte is in a field.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At its beginning.
    Begin,
    /// Without quotes, or after them.
    Plain,
    Quoted,
    /// After a quote that closes the value, or is the first of two.
    Closed,
}

impl Pass for Cut<'_> {
    type Result = Found;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L, text: &[u8]) -> Found {
        let Cut { delimiter, ends, rows } = self;
        // all ones inside quotes
        let mut inside = 0u64;
        // whether the byte before the 64 ends a field, and whether it is a closing quote
        let (mut after_end, mut after_close) = (1u64, 0u64);
        let (mut base, mut count, mut irregular, mut broken) = (0, 0usize, 0, 0);
        let (whole, last) = blocks(text);
        for block in whole.iter().chain(&last) {
            let [quotes, delimiters, feeds] = lanes.marks(block, [b'"', delimiter, b'\n']);
            let within = prefix_xor(quotes) ^ inside;
            inside = ((within as i64) >> 63) as u64;
            let opens = quotes & within;
            let closes = quotes & !within;
            let fields = (delimiters | feeds) & !within;
            irregular |= opens & !(fields << 1 | after_end | closes << 1 | after_close);
            broken |= feeds & within;
            after_end = fields >> 63;
            after_close = closes >> 63;
            let mut rest = feeds & fields;
            while rest != 0 {
                let upto = rest ^ (rest - 1);
                rows.push(count as u32 + (fields & upto).count_ones());
                rest &= rest - 1;
            }
            // room for these positions and for the end of the last row
            if ends.len() < count + 128 {
                ends.resize(ends.len() * 2 + 128, 0);
            }
            if let Some(room) = ends.get_mut(count..).and_then(|room| room.first_chunk_mut::<64>()) {
                count += lanes.places(fields, base, room);
            }
            base += 64;
        }
        Found { fields: count, irregular: irregular != 0, open: inside != 0, multiline: broken != 0 }
    }
}

/// For each bit, whether the number of ones up to it is odd.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// A row; its fields are not parsed yet.
#[derive(Clone, Copy, Debug)]
pub struct Row<'b> {
    block: &'b str,
    start: usize,
    ends: &'b [u32],
}

impl<'b> Row<'b> {
    /// The number of fields.
    pub fn fields(&self) -> usize {
        self.ends.len()
    }

    /// Where it begins in its block.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The row's text without the line break.
    pub fn text(&self) -> &'b str {
        let end = self.ends.last().map_or(self.start, |e| *e as usize);
        self.block.get(self.start..end).unwrap_or_default()
    }

    /// Whether the line is empty.
    pub fn is_blank(&self) -> bool {
        matches!(self.text(), "" | "\r")
    }

    /// The value of a field; the empty text if there is no such field.
    #[inline]
    pub fn field(&self, i: usize) -> Cow<'b, str> {
        let Some(end) = self.ends.get(i) else { return Cow::Borrowed("") };
        let start = i.checked_sub(1).and_then(|b| self.ends.get(b)).map_or(self.start, |e| *e as usize + 1);
        let raw = self.block.get(start..*end as usize).unwrap_or_default();
        let raw = if i + 1 == self.ends.len() { raw.strip_suffix('\r').unwrap_or(raw) } else { raw };
        if raw.starts_with('"') { unquoted(raw) } else { Cow::Borrowed(raw) }
    }
}

/// The value of a field that begins with a quote.
fn unquoted(raw: &str) -> Cow<'_, str> {
    let inner = raw.get(1..).unwrap_or_default();
    if let Some(whole) = inner.strip_suffix('"')
        && memchr::memchr(b'"', whole.as_bytes()).is_none()
    {
        return Cow::Borrowed(whole);
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let Some(at) = memchr::memchr(b'"', rest.as_bytes()) else {
            out.push_str(rest);
            return Cow::Owned(out);
        };
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        match after.strip_prefix('"') {
            Some(more) => {
                out.push('"');
                rest = more;
            }
            None => {
                // the quote closes, and what follows is kept unchanged
                out.push_str(after);
                return Cow::Owned(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::{ByteRecord, ReaderBuilder, Terminator};
    use proptest::prelude::*;

    fn ours(text: &str) -> Option<Vec<Vec<String>>> {
        let mut rows = Rows::new(b',');
        rows.cut(text.as_bytes(), Block::Last);
        let all = (0..rows.count()).map(|i| rows.row(text, i)).filter(|row| !row.is_blank());
        (!rows.irregular)
            .then(|| all.map(|row| (0..row.fields()).map(|i| row.field(i).into_owned()).collect()).collect())
    }

    fn byte_by_byte(text: &str) -> Vec<Vec<String>> {
        let mut rows = Rows::new(b',');
        rows.cut_by_byte(text.as_bytes(), Block::Last);
        let all = (0..rows.count()).map(|i| rows.row(text, i)).filter(|row| !row.is_blank());
        all.map(|row| (0..row.fields()).map(|i| row.field(i).into_owned()).collect()).collect()
    }

    fn theirs(text: &str) -> Vec<Vec<String>> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n'));
        let mut reader = builder.from_reader(text.as_bytes());
        let (mut record, mut all) = (ByteRecord::new(), Vec::new());
        while reader.read_byte_record(&mut record).expect("text") {
            let mut row: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect();
            if let Some(last) = row.last_mut() {
                *last = last.strip_suffix('\r').unwrap_or(last).to_owned();
            }
            all.push(row);
        }
        all
    }

    #[test]
    fn rows_and_fields() {
        let rows = ours("a,b\r\n\"x,\ny\",\"q\"\"q\"\n\n,\n\"\",\"tail\"x").expect("regular");
        assert_eq!(rows, [vec!["a", "b"], vec!["x,\ny", "q\"q"], vec!["", ""], vec!["", "tailx"]]);
        assert_eq!(ours("a,5\" disk,b\"\n"), None);
        assert_eq!(ours("").map(|r| r.len()), Some(0));
    }

    proptest! {
        #[test]
        fn as_the_csv_crate_reads_it(text in r#"([ab",]|\n|\r\n|""|","|é){0,120}"#) {
            // a quoted value that ends with a carriage return is the only text that the two read differently
            prop_assume!(!text.contains("\r\""));
            let full = |rows: Vec<Vec<String>>| rows.into_iter().filter(|row| *row != [""]).collect::<Vec<_>>();
            if let Some(rows) = ours(&text) {
                prop_assert_eq!(full(rows), full(theirs(&text)));
            }
            prop_assert_eq!(full(byte_by_byte(&text)), full(theirs(&text)));
        }
    }
}
