//! Where the lines and the quotes of a block of NDJSON stand, found for the whole block at once, 64 bytes at a time: a
//! search from each string's beginning would have the processor guess each time how long it is.

use super::simd::{self, Lanes, Pass, blocks};

/// Lines and quotes of a block.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Where each line ends: at a line feed or with the block.
    lines: Vec<u32>,
    /// The quotes that no backslash escapes: a bit for each byte of the block, the first in the lowest, and a few more.
    quotes: Vec<u8>,
}

impl Index {
    /// Looks through a block that is shorter than 4 GB.
    pub(super) fn find(&mut self, block: &[u8]) {
        let Index { lines, quotes } = self;
        lines.clear();
        // eight more, so that eight can be read from wherever a byte of the block is
        let length = block.len().div_ceil(64) * 8 + 8;
        quotes.resize(length, 0);
        simd::run(Find { lines, quotes }, block);
        if let Some(behind) = quotes.last_chunk_mut::<8>() {
            *behind = [0; 8];
        }
        let length = block.len() as u32;
        if lines.last().map_or(0, |end| end + 1) < length {
            lines.push(length);
        }
    }

    /// Where the lines end.
    pub(super) fn lines(&self) -> &[u32] {
        &self.lines
    }

    /// The first quote from a place of the block on.
    #[inline(always)]
    pub(super) fn quote(&self, mut from: usize) -> Option<usize> {
        loop {
            let near = u64::from_le_bytes(*self.quotes.get(from / 8..)?.first_chunk::<8>()?) >> (from % 8);
            if near != 0 {
                return Some(from + near.trailing_zeros() as usize);
            }
            from = from / 8 * 8 + 64;
        }
    }
}

struct Find<'a> {
    lines: &'a mut Vec<u32>,
    quotes: &'a mut [u8],
}

impl Pass for Find<'_> {
    type Result = ();

    #[inline(always)]
    fn run<L: Lanes>(self, text: &[u8]) {
        let Find { lines, quotes } = self;
        let (whole, last) = blocks(text);
        let (quotes, rest) = quotes.as_chunks_mut::<8>().0.split_at_mut_checked(whole.len()).unwrap_or_default();
        let (mut carried, mut base) = (0, 0);
        for (block, quotes) in whole.iter().zip(quotes) {
            *quotes = find::<L>(block, base, &mut carried, lines).to_le_bytes();
            base += 64;
        }
        if let (Some(block), Some(quotes)) = (last, rest.first_mut()) {
            *quotes = find::<L>(&block, base, &mut carried, lines).to_le_bytes();
        }
    }
}

/// The quotes of 64 bytes; adds their lines.
#[inline(always)]
fn find<L: Lanes>(block: &[u8; 64], base: u32, carried: &mut u64, lines: &mut Vec<u32>) -> u64 {
    let [quotes, backslashes, mut feeds] = L::marks(block, *b"\"\\\n");
    while feeds != 0 {
        lines.push(base + feeds.trailing_zeros());
        feeds &= feeds - 1;
    }
    quotes & !escaped(backslashes, carried)
}

/// The places that a backslash escapes, given those of all backslashes among 64; `carried` is whether the last one
/// before escapes the first place.
///
/// In a row of backslashes each second one is escaped: adding the beginnings of rows to the rows carries a bit behind
/// the end of each, and whether it is in an even or odd place tells which ones those are.
#[inline(always)]
fn escaped(backslashes: u64, carried: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let own = backslashes & !*carried;
    let follows = own << 1 | *carried;
    let rows = (own & !EVEN & !follows).wrapping_add(own);
    // whether that went over
    *carried = (own & !rows) >> 63;
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
                    b'\n' => lines.push(at as u32),
                    _ => {}
                }
                escaped = byte == b'\\' && !escaped;
            }
            if !text.is_empty() && !text.ends_with('\n') {
                lines.push(text.len() as u32);
            }
            prop_assert_eq!(index.lines(), &lines);
            for from in 0..text.len() + 100 {
                prop_assert_eq!(index.quote(from), quotes.iter().copied().find(|at| *at >= from));
            }
        }
    }
}
