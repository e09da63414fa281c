//! Where the characters that structure CSV and JSON stand. All unsafe code of the readers is here.

/// Where the first quote or backslash stands. Most strings of events are short, so the beginning is looked at in place.
#[inline]
pub(super) fn quote_or_escape(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    #[cfg(target_arch = "x86_64")]
    for chunk in text.as_chunks::<16>().0.iter().take(NEAR) {
        use std::arch::x86_64::*;
        // SAFETY: every x86-64 has SSE2, the 16 bytes are there, and unaligned loads may be anywhere.
        let bits = unsafe {
            let bytes = _mm_loadu_si128(chunk.as_ptr().cast());
            let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
            let escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
            _mm_movemask_epi8(_mm_or_si128(quotes, escapes))
        };
        if bits != 0 {
            return Some(from + bits.trailing_zeros() as usize);
        }
        from += chunk.len();
    }
    memchr::memchr2(b'"', b'\\', text.get(from..)?).map(|at| from + at)
}

/// So many times 16 bytes are near.
#[cfg(target_arch = "x86_64")]
const NEAR: usize = 8;

/// Bits of 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Marks {
    pub quotes: u64,
    pub commas: u64,
    pub feeds: u64,
}

/// Calls `visit` with the marks of each 64 bytes of the text; those beyond its end are not set.
pub(super) fn marks(text: &[u8], mut visit: impl FnMut(Marks)) {
    let (blocks, rest) = text.as_chunks::<64>();
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { avx2::marks(blocks, &mut visit) };
        tail(rest, &mut visit);
        return;
    }
    blocks.iter().for_each(|block| visit(plain(block)));
    tail(rest, &mut visit);
}

fn tail(rest: &[u8], visit: &mut impl FnMut(Marks)) {
    if !rest.is_empty() {
        visit(plain(rest));
    }
}

fn plain(bytes: &[u8]) -> Marks {
    let bits = |wanted: u8| bytes.iter().rev().fold(0, |bits, b| bits << 1 | u64::from(*b == wanted));
    Marks { quotes: bits(b'"'), commas: bits(b','), feeds: bits(b'\n') }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Marks;
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub(super) fn marks(blocks: &[[u8; 64]], visit: &mut impl FnMut(Marks)) {
        for block in blocks {
            // SAFETY: the 64 bytes are there, and unaligned loads may be anywhere.
            let (low, high) = unsafe {
                (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast()))
            };
            let bits = |wanted: u8| {
                let wanted = _mm256_set1_epi8(wanted as i8);
                let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) as u32;
                let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) as u32;
                u64::from(low) | u64::from(high) << 32
            };
            visit(Marks { quotes: bits(b'"'), commas: bits(b','), feeds: bits(b'\n') });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_finds_the_same(text in r#"[a",\n\r]{0,300}"#) {
            let mut found = Vec::new();
            marks(text.as_bytes(), |m| found.push(m));
            let expected: Vec<Marks> = text.as_bytes().chunks(64).map(plain).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn ends_of_strings(text in r#"[aé]{0,300}["\\]?[a"]{0,20}"#) {
            let expected = text.bytes().position(|b| matches!(b, b'"' | b'\\'));
            prop_assert_eq!(quote_or_escape(text.as_bytes()), expected);
        }
    }
}
