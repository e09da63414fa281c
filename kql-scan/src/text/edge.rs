//! `startswith`, `endswith`, `==` and similar ones: only the edges of a row count, so there is no search.

use super::bits::Bits;
use super::fold::fold;
use super::mode::Mode;
use super::needle::Needle;
use super::terms::first;

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Needles up to this number are tried one after the other.
const FEW: usize = 6;

#[derive(Debug)]
pub(super) struct Edge {
    mode: Mode,
    plan: Plan,
}

#[derive(Debug)]
enum Plan {
    /// Each needle is tried.
    Few(Vec<Needle>),
    /// Equality: a set of the folded needles.
    Set { set: HashSet<Box<[u8]>, BuildHasherDefault<Quick>>, lengths: Lengths, ignores_case: bool },
    /// The folded needles (backwards for suffixes) in order, without those that another one implies. So only the greatest
    /// one that is not above a value can be a prefix of it.
    Ordered { ordered: Vec<Box<[u8]>>, longest: usize, ignores_case: bool },
}

/// The lengths of the values in the set, if they help to rule out values.
#[derive(Debug)]
struct Lengths(Option<(u64, usize)>);

impl Lengths {
    fn new(needles: &[Needle]) -> Lengths {
        if !needles.iter().all(Needle::keeps_length) {
            return Lengths(None);
        }
        let longest = needles.iter().map(|n| n.folded().len()).max().unwrap_or(0);
        let bits = needles.iter().fold(0, |bits, n| bits | 1u64 << n.folded().len().min(63));
        Lengths(Some((bits, longest)))
    }

    fn allows(&self, length: usize) -> bool {
        self.0.is_none_or(|(bits, longest)| length <= longest && bits >> length.min(63) & 1 == 1)
    }
}

impl Edge {
    pub(super) fn new(needles: Vec<Needle>, mode: Mode) -> Edge {
        let ignores_case = needles.first().is_some_and(Needle::ignores_case);
        let plan = if needles.len() <= FEW {
            Plan::Few(needles)
        } else if mode == Mode::Equals {
            let lengths = Lengths::new(&needles);
            let set = needles.iter().map(|n| n.folded().as_bytes().into()).collect();
            Plan::Set { set, lengths, ignores_case }
        } else {
            let key = |n: &Needle| -> Box<[u8]> {
                let mut bytes = n.folded().as_bytes().to_vec();
                if mode == Mode::EndsWith {
                    bytes.reverse();
                }
                bytes.into()
            };
            let mut ordered: Vec<Box<[u8]>> = needles.iter().map(key).collect();
            ordered.sort_unstable();
            // dedup_by compares with the last one kept
            ordered.dedup_by(|next, kept| next.starts_with(kept));
            let longest = ordered.iter().map(|k| k.len()).max().unwrap_or(0);
            Plan::Ordered { ordered, longest, ignores_case }
        };
        Edge { mode, plan }
    }

    pub(super) fn is_match(&self, row: &[u8]) -> bool {
        self.matches(row, &mut Vec::new())
    }

    pub(super) fn rows(&self, values: &[u8], offsets: &[i32], bits: &mut Bits) {
        let mut buffer = Vec::new();
        let mut start = offsets.first().map_or(0, |&o| o as usize);
        for (row, &end) in offsets.iter().skip(1).enumerate() {
            let end = end as usize;
            if values.get(start..end).is_some_and(|value| self.matches(value, &mut buffer)) {
                bits.set(row);
            }
            start = end;
        }
    }

    #[inline]
    fn matches(&self, row: &[u8], buffer: &mut Vec<u8>) -> bool {
        match &self.plan {
            Plan::Few(needles) => needles.iter().any(|n| match self.mode {
                Mode::Equals => {
                    if n.keeps_length() && n.folded().len() != row.len() {
                        return false;
                    }
                    n.prefix_end(row) == Some(row.len())
                }
                Mode::EndsWith => n.is_suffix(row),
                _ => n.prefix_end(row).is_some(),
            }),
            Plan::Set { set, lengths, ignores_case } => {
                lengths.allows(row.len())
                    && if *ignores_case {
                        fold_into(row, usize::MAX, buffer);
                        set.contains(buffer.as_slice())
                    } else {
                        set.contains(row)
                    }
            }
            Plan::Ordered { ordered, longest, ignores_case } => {
                if self.mode == Mode::EndsWith {
                    // A folded character has at most one byte more or less than the original.
                    let tail = suffix(row, longest.saturating_mul(2).saturating_add(4));
                    if *ignores_case {
                        fold_into(tail, usize::MAX, buffer);
                    } else {
                        buffer.clear();
                        buffer.extend_from_slice(tail);
                    }
                    buffer.reverse();
                } else if *ignores_case {
                    fold_into(row, *longest, buffer);
                } else {
                    buffer.clear();
                    buffer.extend(row.iter().take(*longest));
                }
                let after = ordered.partition_point(|key| &**key <= buffer.as_slice());
                after.checked_sub(1).and_then(|i| ordered.get(i)).is_some_and(|key| buffer.starts_with(key))
            }
        }
    }
}

/// The last characters of the text, about `length` bytes.
fn suffix(text: &[u8], length: usize) -> &[u8] {
    let mut start = text.len().saturating_sub(length);
    while text.get(start).is_some_and(|b| b & 0xc0 == 0x80) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// Folds the text until there are `enough` bytes.
fn fold_into(text: &[u8], enough: usize, out: &mut Vec<u8>) {
    out.clear();
    if text.is_ascii() {
        out.extend(text.iter().take(enough).map(u8::to_ascii_uppercase));
        return;
    }
    let mut rest = text;
    while let Some((code, width)) = first(rest) {
        let folded = fold(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        out.extend_from_slice(folded.encode_utf8(&mut [0; 4]).as_bytes());
        if out.len() >= enough {
            return;
        }
        rest = rest.get(width..).unwrap_or_default();
    }
}

/// A hash of byte strings, eight bytes at a time. The needles are the user's own, so collisions are not an attack.
#[derive(Default)]
pub(super) struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        let mut tail = [0; 8];
        tail.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.add(u64::from_le_bytes(tail));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn finish(&self) -> u64 {
        // The table takes its bits from both ends.
        self.0 ^ self.0 >> 32
    }
}
