//! The vector loops, where the processor has AVX2. All unsafe code of this module tree is here.
//!
//! Each function searches as many positions as whole vectors allow and returns where a portable loop has to go
//! on; without AVX2 that is the beginning.

/// Number of bytes of a fingerprint.
pub(super) const WIDTH: usize = 3;

/// For each byte of a fingerprint and each half byte: the buckets that allow it.
pub(super) type Table = [[u8; 16]; WIDTH];

/// A byte to look for: its position in the needle, the byte in lower case if it is a letter, and the bit that makes it so.
pub(super) type PairByte = (usize, u8, u8);

/// Visits the candidates of the fingerprints; returns the first position that was not searched.
#[inline]
pub(super) fn teddy(low: &Table, high: &Table, text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::teddy(low, high, text, visit) };
    }
    let _ = (low, high, text, visit);
    0
}

/// Visits the positions where both bytes match; returns the first position that was not searched.
#[inline]
pub(super) fn pair(bytes: &[PairByte; 2], text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::pair(bytes, text, visit) };
    }
    let _ = (bytes, text, visit);
    0
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{PairByte, Table, WIDTH};
    use std::arch::x86_64::*;

    /// Positions per vector.
    const LANES: usize = 32;

    /// The 32 bytes from `at` on.
    ///
    /// # Safety
    /// `at + LANES` is at most the length of the text.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(text: &[u8], at: usize) -> __m256i {
        debug_assert!(at + LANES <= text.len());
        // SAFETY: the bytes are within the text; the load needs no alignment.
        unsafe { _mm256_loadu_si256(text.as_ptr().add(at).cast()) }
    }

    /// The table in both halves of a vector, as the shuffle expects it.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn table(bytes: &[u8; 16]) -> __m256i {
        // SAFETY: the array has the 16 bytes that are loaded; the load needs no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn teddy(
        low: &Table,
        high: &Table,
        text: &[u8],
        visit: &mut impl FnMut(usize, usize) -> usize,
    ) -> usize {
        let low = [table(&low[0]), table(&low[1]), table(&low[2])];
        let high = [table(&high[0]), table(&high[1]), table(&high[2])];
        let half = _mm256_set1_epi8(15);
        let look = |at: usize| {
            let mut buckets = _mm256_set1_epi8(-1);
            for place in 0..WIDTH {
                // SAFETY: `at <= last`, and behind `last` there are `LANES + WIDTH - 1` bytes.
                let bytes = unsafe { load(text, at + place) };
                let by_low = _mm256_shuffle_epi8(low[place], _mm256_and_si256(bytes, half));
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half);
                let by_high = _mm256_shuffle_epi8(high[place], upper);
                buckets = _mm256_and_si256(buckets, _mm256_and_si256(by_low, by_high));
            }
            buckets
        };
        let Some(last) = text.len().checked_sub(LANES + WIDTH - 1) else { return 0 };
        let mut at = 0;
        while at <= last {
            // two vectors at a time as long as there is no candidate
            let mut buckets = look(at);
            if at + LANES <= last {
                let next = look(at + LANES);
                let either = _mm256_or_si256(buckets, next);
                if _mm256_testz_si256(either, either) == 1 {
                    at += 2 * LANES;
                    continue;
                }
                if _mm256_testz_si256(buckets, buckets) == 1 {
                    at += LANES;
                    buckets = next;
                }
            }
            let none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(buckets, _mm256_setzero_si256()));
            let hits = !(none as u32);
            let mut bits = [0u8; LANES];
            // SAFETY: the array has the 32 bytes that are stored; the store needs no alignment.
            unsafe { _mm256_storeu_si256(bits.as_mut_ptr().cast(), buckets) };
            at = walk(at, hits, |lane| usize::from(bits[lane % LANES]), visit);
        }
        at
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn pair(bytes: &[PairByte; 2], text: &[u8], visit: &mut impl FnMut(usize, usize) -> usize) -> usize {
        let [(first, a, a_case), (second, b, b_case)] = *bytes;
        let splat = |byte: u8| _mm256_set1_epi8(byte as i8);
        let (a, a_case, b, b_case) = (splat(a), splat(a_case), splat(b), splat(b_case));
        let look = |at: usize| {
            // SAFETY: `at <= last`, and behind `last` there are `LANES + first` and `LANES + second` bytes.
            let (at_first, at_second) = unsafe { (load(text, at + first), load(text, at + second)) };
            let is_a = _mm256_cmpeq_epi8(_mm256_or_si256(at_first, a_case), a);
            let is_b = _mm256_cmpeq_epi8(_mm256_or_si256(at_second, b_case), b);
            _mm256_and_si256(is_a, is_b)
        };
        let Some(last) = text.len().checked_sub(LANES + first.max(second)) else { return 0 };
        let mut at = 0;
        while at <= last {
            let mut found = look(at);
            if at + LANES <= last {
                let next = look(at + LANES);
                let either = _mm256_or_si256(found, next);
                if _mm256_testz_si256(either, either) == 1 {
                    at += 2 * LANES;
                    continue;
                }
                if _mm256_testz_si256(found, found) == 1 {
                    at += LANES;
                    found = next;
                }
            }
            let hits = _mm256_movemask_epi8(found) as u32;
            at = walk(at, hits, |_| 0, visit);
        }
        at
    }

    /// Visits the matching lanes, unless the visitor skips them; returns where to search next.
    #[inline]
    fn walk(
        at: usize,
        mut hits: u32,
        tag: impl Fn(usize) -> usize,
        visit: &mut impl FnMut(usize, usize) -> usize,
    ) -> usize {
        while hits != 0 {
            let lane = hits.trailing_zeros() as usize;
            let next = visit(at + lane, tag(lane));
            if next >= at + LANES {
                return next;
            }
            // never back, so that the loop ends whatever the visitor returns
            let done = next.saturating_sub(at).max(lane + 1);
            hits = if done >= LANES { 0 } else { hits & (u32::MAX << done) };
        }
        at + LANES
    }
}
