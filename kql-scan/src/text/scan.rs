//! Searches a column's whole value buffer for needles that may be anywhere in a row.

use super::bits::Bits;
use super::grams::Grams;
use super::needle::{Entry, Needle};
use super::teddy::{Pair, Teddy};
use memchr::memmem::Finder;

/// Needles and the search that finds candidates for them.
#[derive(Debug)]
pub(super) struct Scanner {
    needles: Vec<Needle>,
    search: Search,
}

#[derive(Debug)]
enum Search {
    /// One needle, byte by byte.
    Exact(Box<Finder<'static>>),
    /// One ASCII needle in either case.
    Pair(Pair),
    /// Up to [`Teddy::MOST`] needles.
    Teddy(Box<Teddy>),
    /// Any number of needles.
    Grams(Box<Grams>),
}

impl Scanner {
    /// The needles are not empty, there is at least one, and all treat case alike.
    pub(super) fn new(needles: Vec<Needle>) -> Scanner {
        let search = match needles.as_slice() {
            [one] if !one.ignores_case() => Search::Exact(Box::new(Finder::new(one.folded().as_bytes()).into_owned())),
            [one] if one.keeps_length() => Search::Pair(Pair::new(one.folded().as_bytes())),
            some if some.len() <= Teddy::MOST => Search::Teddy(Box::new(Teddy::new(some))),
            many => Search::Grams(Box::new(Grams::new(many))),
        };
        Scanner { needles, search }
    }

    #[cfg(test)]
    pub(super) fn many(needles: Vec<Needle>) -> Scanner {
        let search = Search::Grams(Box::new(Grams::new(&needles)));
        Scanner { needles, search }
    }

    #[cfg(test)]
    pub(super) fn portable(mut self) -> Scanner {
        match &mut self.search {
            Search::Teddy(teddy) => teddy.portable = true,
            Search::Pair(pair) => pair.portable = true,
            _ => {}
        }
        self
    }

    pub(super) fn is_match(&self, value: &[u8]) -> bool {
        let mut found = false;
        self.scan(value, |at, tag| {
            found |= self.is_at(value, at, tag);
            if found { usize::MAX } else { at + 1 }
        });
        found
    }

    /// Sets the bits of the rows that contain a needle.
    pub(super) fn rows(&self, values: &[u8], offsets: &[i32], bits: &mut Bits) {
        // Offsets rise and lie within the buffer: an invariant of Arrow arrays.
        let offset = |i: usize| offsets.get(i).map_or(usize::MAX, |&o| o as usize);
        let base = offset(0);
        let Some(text) = offsets.last().and_then(|&end| values.get(base..end as usize)) else { return };
        let mut row = 0;
        let mut row_end = offset(1) - base;
        self.scan(text, |at, tag| {
            while row_end <= at {
                row += 1;
                row_end = offset(row + 1) - base;
            }
            let row_start = offset(row) - base;
            match text.get(row_start..row_end) {
                Some(value) if self.is_at(value, at - row_start, tag) => {
                    bits.set(row);
                    row_end
                }
                _ => at + 1,
            }
        });
    }

    #[inline]
    fn is_at(&self, row: &[u8], at: usize, tag: usize) -> bool {
        let verify = |e: &Entry| self.needles.get(e.needle).is_some_and(|n| n.is_at(row, at, e.anchor));
        match &self.search {
            Search::Exact(_) | Search::Pair(_) => verify(&Entry { needle: 0, anchor: 0 }),
            Search::Teddy(teddy) => teddy.entries(tag).any(verify),
            Search::Grams(grams) => grams.entries(tag).iter().any(verify),
        }
    }

    /// Calls `visit` with the candidates, in order, and a tag that identifies the needles to try. `visit` returns the
    /// position before which it ignores further candidates.
    #[inline]
    fn scan(&self, text: &[u8], mut visit: impl FnMut(usize, usize) -> usize) {
        match &self.search {
            Search::Exact(finder) => {
                let mut from = 0;
                while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
                    from = visit(from + at, 0);
                }
            }
            Search::Pair(pair) => pair.scan(text, &mut visit),
            Search::Teddy(teddy) => teddy.scan(text, &mut visit),
            Search::Grams(grams) => grams.scan(text, &mut visit),
        }
    }
}
