//! Teddy: looks for fingerprints of several needles at 32 places at a time.
//!
//! Each needle is put into one of eight buckets and represented by three of its bytes, the ones that are
//! likely to be the rarest in the text. For each of the three bytes there are two tables, indexed by the low and by
//! the high half of the byte, whose entries have a bit for each bucket that allows it. The bits that survive
//! all six look-ups name the buckets whose needles are worth trying. A vector shuffle does 32 look-ups at
//! once (see `simd.rs`). Ignoring case costs nothing: both forms of a letter are allowed.
//!
//! The algorithm comes from Intel's Hyperscan; the `aho-corasick` crate has one that is case-sensitive.

use super::needle::{Entry, GRAM, Gram, Needle, frequency};
use super::simd::{self, PairByte, Table, WIDTH};
use std::cmp::Reverse;
use std::collections::HashMap;

const BUCKETS: usize = 8;

/// The fingerprints of several needles.
#[derive(Debug)]
pub(super) struct Teddy {
    /// For each byte of the fingerprint: the buckets that allow a low half.
    low: Table,
    /// For each byte of the fingerprint: the buckets that allow a high half.
    high: Table,
    buckets: [Vec<Entry>; BUCKETS],
    /// Uses no vectors; for tests.
    pub portable: bool,
}

impl Teddy {
    /// More needles than this produce too many false candidates.
    pub(super) const MOST: usize = 64;

    pub(super) fn new(needles: &[Needle]) -> Teddy {
        let mut teddy =
            Teddy { low: [[0; 16]; WIDTH], high: [[0; 16]; WIDTH], buckets: Default::default(), portable: false };
        let grams: Vec<Vec<Gram>> = needles.iter().map(|n| n.grams().into_iter().map(fingerprint).collect()).collect();
        // A fingerprint shared by several needles costs as little as that of one.
        let mut shared: HashMap<&[[u8; GRAM]], u32> = HashMap::new();
        for gram in grams.iter().flatten() {
            *shared.entry(&gram.forms).or_default() += 1;
        }
        let cost = |gram: &&Gram| {
            let sharers = shared.get(gram.forms.as_slice()).copied().unwrap_or(1).min(4);
            (cost(gram) + 40 * (4 - sharers), gram.anchor)
        };
        let mut groups: HashMap<&[[u8; GRAM]], (usize, Vec<Entry>)> = HashMap::new();
        for (needle, own) in grams.iter().enumerate() {
            if let Some(best) = own.iter().min_by_key(cost) {
                let group = groups.entry(&best.forms).or_insert((best.width, Vec::new()));
                // the shortest width covers all
                group.0 = group.0.min(best.width);
                group.1.push(Entry { needle, anchor: best.anchor });
            }
        }
        // Similar fingerprints share a bucket, where they add few false combinations.
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by(|a, b| a.0.cmp(b.0));
        let of_bucket = groups.len().div_ceil(BUCKETS).max(1);
        let ignores_case = needles.first().is_some_and(Needle::ignores_case);
        for ((bucket, entries), groups) in teddy.buckets.iter_mut().enumerate().zip(groups.chunks(of_bucket)) {
            for (forms, (width, members)) in groups {
                entries.extend_from_slice(members);
                for (place, (low, high)) in teddy.low.iter_mut().zip(&mut teddy.high).enumerate() {
                    for byte in forms.iter().filter_map(|form| form.get(place)) {
                        let lower = if ignores_case { byte.to_ascii_lowercase() } else { *byte };
                        for byte in [*byte, lower] {
                            if place < *width {
                                low[usize::from(byte & 15)] |= 1 << bucket;
                                high[usize::from(byte >> 4)] |= 1 << bucket;
                            }
                        }
                    }
                    if place >= *width {
                        low.iter_mut().chain(high).for_each(|bits| *bits |= 1 << bucket);
                    }
                }
            }
        }
        teddy
    }

    /// The needles of the buckets, one bit each.
    #[inline]
    pub(super) fn entries(&self, buckets: usize) -> impl Iterator<Item = &Entry> {
        self.buckets.iter().enumerate().filter(move |(i, _)| buckets >> i & 1 == 1).flat_map(|(_, entries)| entries)
    }

    pub(super) fn scan(&self, text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) {
        let from = if self.portable { 0 } else { simd::teddy(&self.low, &self.high, text, visit) };
        self.scan_portably(text, from, visit);
    }

    /// The candidates, one position at a time.
    fn scan_portably(&self, text: &[u8], from: usize, visit: &mut impl FnMut(usize, usize) -> usize) {
        let mut at = from;
        while at < text.len() {
            // After the end there is a byte that only "any byte" and chance allow; the needle decides.
            let buckets = self.low.iter().zip(&self.high).enumerate().fold(!0, |buckets, (place, (low, high))| {
                let byte = text.get(at + place).copied().unwrap_or(0);
                buckets & low[usize::from(byte & 15)] & high[usize::from(byte >> 4)]
            });
            at = if buckets == 0 { at + 1 } else { visit(at, usize::from(buckets)).max(at + 1) };
        }
    }
}

/// Cuts a gram to the width of a fingerprint.
fn fingerprint(mut gram: Gram) -> Gram {
    gram.width = gram.width.min(WIDTH);
    for form in &mut gram.forms {
        form.iter_mut().skip(WIDTH).for_each(|byte| *byte = 0);
    }
    gram.forms.sort_unstable();
    gram.forms.dedup();
    gram
}

/// How many candidates a fingerprint produces, on a logarithmic scale.
fn cost(gram: &Gram) -> u32 {
    let form = |form: &[u8; GRAM]| -> u32 {
        let bytes = form.iter().take(gram.width).map(|&b| frequency(b)).sum::<u32>();
        bytes + 256 * (WIDTH - gram.width) as u32
    };
    gram.forms.iter().map(form).max().unwrap_or(0) + 40 * gram.forms.len().ilog2()
}

/// One ASCII needle in either case: its two rarest bytes are compared directly.
#[derive(Debug)]
pub(super) struct Pair {
    bytes: [PairByte; 2],
    /// Uses no vectors; for tests.
    pub portable: bool,
}

impl Pair {
    pub(super) fn new(needle: &[u8]) -> Pair {
        let mut places: Vec<(usize, u8)> = needle.iter().copied().enumerate().collect();
        places.sort_by_key(|&(place, byte)| (frequency(byte), Reverse(place)));
        let byte = |i: usize| {
            let (place, byte) = places.get(i).or(places.first()).copied().unwrap_or_default();
            (place, byte.to_ascii_lowercase(), if byte.is_ascii_alphabetic() { 0x20 } else { 0 })
        };
        Pair { bytes: [byte(0), byte(1)], portable: false }
    }

    pub(super) fn scan(&self, text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) {
        let mut at = if self.portable { 0 } else { simd::pair(&self.bytes, text, visit) };
        while at < text.len() {
            let here = |&(place, byte, case): &(usize, u8, u8)| text.get(at + place).is_some_and(|b| b | case == byte);
            at = if self.bytes.iter().all(here) { visit(at, 0).max(at + 1) } else { at + 1 };
        }
    }
}
