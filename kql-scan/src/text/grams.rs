//! Searches for any number of needles. At every position a hash of the next eight bytes (four, two or one for shorter
//! needles; in upper case if case is ignored) is looked up in a bit set that fits the fastest cache. The time does not
//! depend on the number of needles, only on how many of their grams the text contains.

use super::edge::Quick;
use super::needle::{Entry, GRAM, Gram, Needle, frequency};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

#[derive(Debug)]
pub(super) struct Grams {
    /// One for each width of grams that occurs.
    sets: Vec<Set>,
    /// The needles of each gram.
    lists: Vec<Vec<Entry>>,
    ignores_case: bool,
}

/// The grams of one width.
#[derive(Debug)]
struct Set {
    /// A mask that keeps the bytes of that width.
    mask: u64,
    /// A bit for each hash.
    bits: Box<[u64; WORDS]>,
    /// Maps a gram to the index of its list.
    index: HashMap<u64, usize, BuildHasherDefault<Quick>>,
}

/// 2^18 bits, 32 KiB.
const WORDS: usize = 1 << 12;

fn hash(gram: u64) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46;
    (hash as usize / 64, 1 << (hash % 64))
}

/// Cuts a gram to one of the widths that are looked up, so that there are few widths.
fn cut(mut gram: Gram) -> Gram {
    gram.width = 1 << gram.width.ilog2();
    for form in &mut gram.forms {
        form.iter_mut().skip(gram.width).for_each(|byte| *byte = 0);
    }
    gram.forms.sort_unstable();
    gram.forms.dedup();
    gram
}

impl Grams {
    pub(super) fn new(needles: &[Needle]) -> Grams {
        let ignores_case = needles.first().is_some_and(Needle::ignores_case);
        let mut grams = Grams { sets: Vec::new(), lists: Vec::new(), ignores_case };
        // The rare grams of a large set are those that few of its needles have: each needle takes the one with the
        // shortest list so far, so that no position costs many comparisons.
        let mut used: HashMap<[u8; GRAM], u32> = HashMap::new();
        for (needle, compiled) in needles.iter().enumerate() {
            let cost = |gram: &Gram| {
                let crowd = gram.forms.iter().filter_map(|f| used.get(f)).max().copied().unwrap_or(0);
                let bytes = gram.forms.iter().map(|f| f.iter().take(gram.width).map(|&b| frequency(b)).sum::<u32>());
                let missing = 256 * (GRAM - gram.width) as u32;
                100 * crowd + missing + bytes.max().unwrap_or(0) + 40 * gram.forms.len().ilog2()
            };
            let Some(best) = compiled.grams().into_iter().map(cut).min_by_key(cost) else { continue };
            for form in &best.forms {
                *used.entry(*form).or_default() += 1;
                grams.add(*form, best.width, Entry { needle, anchor: best.anchor });
            }
        }
        // The widest are tried last, as they are the rarest.
        grams.sets.sort_by_key(|set| set.mask);
        grams
    }

    fn add(&mut self, form: [u8; GRAM], width: usize, entry: Entry) {
        let mask = u64::MAX >> (8 * (GRAM - width));
        let at = self.sets.iter().position(|set| set.mask == mask).unwrap_or_else(|| {
            self.sets.push(Set { mask, bits: Box::new([0; WORDS]), index: HashMap::default() });
            self.sets.len() - 1
        });
        let Some(set) = self.sets.get_mut(at) else { return };
        let gram = u64::from_le_bytes(form) & mask;
        let (word, bit) = hash(gram);
        if let Some(bits) = set.bits.get_mut(word) {
            *bits |= bit;
        }
        let list = *set.index.entry(gram).or_insert_with(|| {
            self.lists.push(Vec::new());
            self.lists.len() - 1
        });
        if let Some(list) = self.lists.get_mut(list) {
            list.push(entry);
        }
    }

    /// The needles of a gram.
    pub(super) fn entries(&self, list: usize) -> &[Entry] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    pub(super) fn scan(&self, text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) {
        match (self.sets.as_slice(), self.ignores_case) {
            // the usual cases: one width, so one look-up per position
            ([one], true) => self.scan_sets::<true>(std::slice::from_ref(one), text, visit),
            ([one], false) => self.scan_sets::<false>(std::slice::from_ref(one), text, visit),
            (sets, true) => self.scan_sets::<true>(sets, text, visit),
            (sets, false) => self.scan_sets::<false>(sets, text, visit),
        }
    }

    #[inline]
    fn scan_sets<const FOLD: bool>(&self, sets: &[Set], text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) {
        let mut at = 0;
        while at < text.len() {
            let mut word = match text.get(at..).and_then(|rest| rest.first_chunk::<GRAM>()) {
                Some(bytes) => u64::from_le_bytes(*bytes),
                // After the end there are zeros; the needle decides.
                None => text.iter().skip(at).rev().fold(0, |word, &b| word << 8 | u64::from(b)),
            };
            if FOLD {
                word = upper(word);
            }
            let mut next = at + 1;
            for set in sets {
                let gram = word & set.mask;
                let (slot, bit) = hash(gram);
                if set.bits[slot % WORDS] & bit != 0
                    && let Some(&list) = set.index.get(&gram)
                {
                    next = visit(at, list).max(next);
                    if next > at + 1 {
                        break;
                    }
                }
            }
            at = next;
        }
    }
}

/// The bytes with ASCII letters in upper case.
fn upper(word: u64) -> u64 {
    let low = word & 0x7f7f_7f7f_7f7f_7f7f;
    let from_a = low + 0x1f1f_1f1f_1f1f_1f1f; // the high bit of a byte is set from 'a' on
    let beyond_z = low + 0x0505_0505_0505_0505; // and here beyond 'z'
    let lower = from_a & !beyond_z & !word & 0x8080_8080_8080_8080;
    word ^ lower >> 2
}

#[cfg(test)]
mod tests {
    #[test]
    fn upper_is_ascii_upper_case() {
        for byte in 0..=255u8 {
            for other in [0u8, b'a', b'z', 0x7f, 0xff] {
                let bytes = [other, byte, byte, other, byte, other, other, byte];
                let expected = bytes.map(|b| b.to_ascii_uppercase());
                assert_eq!(super::upper(u64::from_le_bytes(bytes)).to_le_bytes(), expected);
            }
        }
    }
}
