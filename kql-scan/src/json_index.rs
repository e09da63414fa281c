//! Finds the lines and quotes of a whole NDJSON block at once, 64 bytes at a time. Searching from the beginning of each
//! string would make the processor guess the length of each one.

use crate::lanes::{self, Lanes, Pass, blocks};

/// Lines and quotes of a block. Their room is allocated in advance: pushing lines one by one took 1/14 of a query's time.
#[derive(Debug, Default)]
pub struct Index {
    /// The lines, then unused room.
    lines: Vec<Line>,
    /// The number of lines.
    count: usize,
    /// The positions of quotes that no backslash escapes, then unused room.
    quotes: Vec<u32>,
}

/// A line of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Line {
    /// Where it ends: at a line feed or with the block.
    end: u32,
    /// The number of quotes up to its end.
    quotes: u32,
}

impl Index {
    /// Searches a block, which must be shorter than 4 GB.
    pub fn find(&mut self, block: &[u8]) {
        let Index { lines, count, quotes } = self;
        let found = lanes::run(Find { lines, quotes }, block);
        *count = found.lines;
        let before = found.lines.checked_sub(1).and_then(|last| lines.get(last)).map_or(0, |line| line.end + 1);
        let end = block.len() as u32;
        if before < end {
            reserve(lines, found.lines + 1);
            if let Some(line) = lines.get_mut(found.lines) {
                *line = Line { end, quotes: found.quotes as u32 };
                *count += 1;
            }
        }
    }

    /// The number of lines.
    pub fn lines(&self) -> usize {
        self.count
    }

    /// Where a line ends, and its quotes; `begins` is where it begins.
    pub fn line(&self, line: usize, begins: usize) -> Option<(usize, Quotes<'_>)> {
        let Line { end, quotes } = *self.lines.get(..self.count)?.get(line)?;
        let before = line.checked_sub(1).and_then(|before| self.lines.get(before)).map_or(0, |before| before.quotes);
        let places = self.quotes.get(before as usize..quotes as usize)?;
        Some((end as usize, Quotes { places, begins }))
    }
}

/// The quotes of a text that have not been read yet.
#[derive(Clone, Copy, Debug)]
pub struct Quotes<'a> {
    /// Their positions in a block.
    places: &'a [u32],
    /// Where the text begins in that block.
    begins: usize,
}

impl<'a> Quotes<'a> {
    /// Returns the first quote at or after a position of the text, and moves past it.
    #[inline]
    pub fn next(&mut self, from: usize) -> Option<usize> {
        loop {
            let (place, rest) = self.places.split_first()?;
            self.places = rest;
            if let Some(place) = (*place as usize).checked_sub(self.begins)
                && place >= from
            {
                return Some(place);
            }
        }
    }

    /// Moves past four quotes, those of a key and its value, and returns the position of the last one.
    #[inline(always)]
    pub fn fourth(&mut self) -> Option<usize> {
        let (four, rest) = self.places.split_first_chunk::<4>()?;
        self.places = rest;
        (four[3] as usize).checked_sub(self.begins)
    }

    /// The last quote of each group of four, as positions in the block, and where the text begins in that block.
    #[inline(always)]
    pub fn fourths(&self) -> (impl Iterator<Item = usize> + use<'a>, usize) {
        (self.places.as_chunks::<4>().0.iter().map(|four| four[3] as usize), self.begins)
    }

    /// Moves past a number of quotes.
    #[inline(always)]
    pub fn pass(&mut self, passed: usize) {
        self.places = self.places.get(passed..).unwrap_or_default();
    }
}

struct Find<'a> {
    /// The lines and the quotes, each with unused room at the end.
    lines: &'a mut Vec<Line>,
    quotes: &'a mut Vec<u32>,
}

/// Number of lines and quotes in a block.
struct Found {
    lines: usize,
    quotes: usize,
}

/// The number of 64-byte chunks for which room is allocated at once.
const STRETCH: usize = 64;

impl Pass for Find<'_> {
    type Result = Found;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L, text: &[u8]) -> Found {
        let (whole, last) = blocks(text);
        let (mut carried, mut base) = (0, 0);
        let mut found = Found { lines: 0, quotes: 0 };
        for stretch in whole.chunks(STRETCH).chain(last.as_ref().map(std::slice::from_ref)) {
            let most = (stretch.len() + 1) * 64;
            reserve(self.lines, found.lines + most);
            reserve(self.quotes, found.quotes + most);
            let lines = self.lines.get_mut(found.lines..).unwrap_or_default();
            let quotes = self.quotes.get_mut(found.quotes..).unwrap_or_default();
            let before = found.quotes as u32;
            let (mut of_lines, mut of_quotes) = (0, 0);
            for block in stretch {
                let [marks, backslashes, mut feeds] = lanes.marks(block, *b"\"\\\n");
                let marks = marks & !escaped(backslashes, &mut carried);
                while feeds != 0 {
                    let upto = feeds ^ (feeds - 1);
                    if let Some(line) = lines.get_mut(of_lines) {
                        let quotes = before + of_quotes as u32 + (marks & upto).count_ones();
                        *line = Line { end: base + feeds.trailing_zeros(), quotes };
                    }
                    of_lines += 1;
                    feeds &= feeds - 1;
                }
                if let Some(room) = quotes.get_mut(of_quotes..).and_then(|room| room.first_chunk_mut::<64>()) {
                    of_quotes += lanes.places(marks, base, room);
                }
                base += 64;
            }
            found.lines += of_lines;
            found.quotes += of_quotes;
        }
        found
    }
}

/// Makes sure that there are at least `least` elements.
fn reserve<T: Copy + Default>(all: &mut Vec<T>, least: usize) {
    if all.len() < least {
        all.resize(least.next_power_of_two(), T::default());
    }
}

/// The positions that a backslash escapes, given those of all backslashes among 64; `carried` is whether the last one
/// before escapes the first position.
///
/// In a run of backslashes every second one is escaped. Adding the beginnings of runs to the runs carries a bit past the end
/// of each run, and whether that bit is at an even or odd position shows which ones are escaped.
#[inline(always)]
fn escaped(backslashes: u64, carried: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let before = *carried;
    let own = backslashes & !before;
    let follows = own << 1 | before;
    let rows = (own & !EVEN & !follows).wrapping_add(own);
    // unless all 64 are backslashes, what the last run carries into the next 64 does not depend on what comes before
    if backslashes != u64::MAX {
        *carried = u64::from(backslashes.leading_ones() & 1);
    }
    (EVEN ^ rows << 1) & follows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_read_one_after_the_other(text in r#"([a"]|a{60}|\\|\\\\|\\\n|\n|"{70}|\\{60,70}){0,30}"#) {
            let mut index = Index::default();
            index.find("\"".repeat(text.len()).as_bytes());
            index.find(text.as_bytes());
            let (mut escaped, mut quotes, mut lines) = (false, Vec::new(), Vec::new());
            for (at, byte) in text.bytes().enumerate() {
                match byte {
                    b'"' if !escaped => quotes.push(at),
                    b'\n' => lines.push(at),
                    _ => {}
                }
                escaped = byte == b'\\' && !escaped;
            }
            if !text.is_empty() && !text.ends_with('\n') {
                lines.push(text.len());
            }
            prop_assert_eq!(index.lines(), lines.len());
            let mut begins = 0;
            for (line, expected) in lines.into_iter().enumerate() {
                let (end, mut of_line) = index.line(line, begins).expect("a line");
                prop_assert_eq!(end, expected);
                let mut found = Vec::new();
                while let Some(quote) = of_line.next(0) {
                    found.push(begins + quote);
                }
                let wanted: Vec<usize> = quotes.iter().copied().filter(|at| (begins..end).contains(at)).collect();
                prop_assert_eq!(found, wanted);
                begins = end + 1;
            }
        }
    }
}
