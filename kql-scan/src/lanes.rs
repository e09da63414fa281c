//! Finds the characters that structure CSV and JSON. All unsafe code of the readers is here.

/// The position of the first quote or backslash. Most strings of events are short, so the beginning is searched inline.
#[inline]
pub(crate) fn quote_or_escape(text: &[u8]) -> Option<usize> {
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

/// Number of 16-byte chunks that are searched inline before `memchr` is called.
#[cfg(target_arch = "x86_64")]
const NEAR: usize = 8;

/// The beginning of a text, prepared for repeated comparison.
#[derive(Clone, Debug)]
pub(crate) struct MemberPrefix {
    bytes: Box<[u8]>,
    /// The first 64 of the bytes, filled up with zeros.
    first: [u8; 64],
    /// The positions after the bytes; all positions if there are more than 64 bytes, which 64 cannot decide.
    others: u64,
}

impl MemberPrefix {
    pub(crate) fn new(start: &str) -> MemberPrefix {
        MemberPrefix::of(start.as_bytes())
    }

    /// Matches no text.
    pub(crate) fn never() -> MemberPrefix {
        MemberPrefix::of(&[0xff])
    }

    fn of(bytes: &[u8]) -> MemberPrefix {
        let mut first = [0; 64];
        first.iter_mut().zip(bytes).for_each(|(first, byte)| *first = *byte);
        let others = if bytes.len() > 64 { u64::MAX } else { u64::MAX.checked_shl(bytes.len() as u32).unwrap_or(0) };
        MemberPrefix { bytes: bytes.into(), first, others }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether 64 bytes of a text decide whether it matches.
    pub(crate) fn is_short(&self) -> bool {
        self.others != u64::MAX
    }

    /// Whether a text whose first bytes are these has the prefix, if 64 bytes decide that.
    #[inline(always)]
    pub(crate) fn is<L: Lanes>(&self, lanes: L, text: &[u8; 64]) -> bool {
        lanes.same(text, &self.first) | self.others == u64::MAX
    }

    /// Whether the text has the prefix.
    #[inline(always)]
    pub(crate) fn begins<L: Lanes>(&self, lanes: L, text: &[u8]) -> bool {
        match text.first_chunk::<64>() {
            Some(text) if self.is_short() => self.is(lanes, text),
            _ => text.starts_with(&self.bytes),
        }
    }
}

/// Where some bytes are among 64: for each of them, one bit per position.
pub(crate) type Marks<const N: usize> = [u64; N];

/// What is done with 64 bytes at a time, for one kind of processor. All functions are `inline(always)` and have no closures,
/// which would be compiled for any processor. A value of an implementor proves that the processor has the features.
pub(crate) trait Lanes: Copy {
    /// The positions of the wanted bytes.
    fn marks<const N: usize>(self, block: &[u8; 64], wanted: [u8; N]) -> Marks<N>;

    /// Where two blocks have the same byte.
    fn same(self, a: &[u8; 64], b: &[u8; 64]) -> u64;

    /// Writes the positions of the set bits, counted from `base`, and returns their number. The entries after that are
    /// unspecified.
    fn places(self, bits: u64, base: u32, room: &mut [u32; 64]) -> usize;
}

/// An algorithm that goes through a text, 64 bytes at a time.
pub(crate) trait Pass {
    type Result;

    /// Runs over the text, without closures that use the lanes.
    fn run<L: Lanes>(self, lanes: L, text: &[u8]) -> Self::Result;
}

/// Runs over a text with the best lanes of the processor. A pass that is `inline(always)` is compiled once for each kind.
#[inline]
pub(crate) fn run<P: Pass>(pass: P, text: &[u8]) -> P::Result {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(lanes) = x86::Avx512::detect() {
            // SAFETY: the value is the proof that the processor has what is enabled.
            return unsafe { x86::run512(lanes, pass, text) };
        }
        if let Some(lanes) = x86::Avx2::detect() {
            // SAFETY: as above.
            return unsafe { x86::run256(lanes, pass, text) };
        }
    }
    pass.run(Portable, text)
}

/// The blocks of a text; the last one is filled up with zeros if it is short.
#[inline(always)]
pub(crate) fn blocks(text: &[u8]) -> (&[[u8; 64]], Option<[u8; 64]>) {
    let (blocks, rest) = text.as_chunks::<64>();
    let mut last = [0; 64];
    rest.iter().zip(&mut last).for_each(|(byte, place)| *place = *byte);
    (blocks, (!rest.is_empty()).then_some(last))
}

/// Any processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Lanes for Portable {
    #[inline(always)]
    fn marks<const N: usize>(self, block: &[u8; 64], wanted: [u8; N]) -> Marks<N> {
        wanted.map(|wanted| block.iter().rev().fold(0, |bits, b| bits << 1 | u64::from(*b == wanted)))
    }

    #[inline(always)]
    fn same(self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
        a.iter().zip(b).rev().fold(0, |bits, (a, b)| bits << 1 | u64::from(a == b))
    }

    #[inline(always)]
    fn places(self, mut bits: u64, base: u32, room: &mut [u32; 64]) -> usize {
        let count = bits.count_ones() as usize;
        // eight at a time: the number is not known in advance, and a wrong guess costs more than eight writes
        for eight in room.as_chunks_mut::<8>().0.iter_mut().take(count.div_ceil(8).max(1)) {
            for place in eight {
                *place = base.wrapping_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
        }
        count
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, Marks, Pass, Portable};
    use std::arch::is_x86_feature_detected as has;
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,popcnt")]
    pub(crate) fn run512<P: Pass>(lanes: Avx512, pass: P, text: &[u8]) -> P::Result {
        pass.run(lanes, text)
    }

    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub(crate) fn run256<P: Pass>(lanes: Avx2, pass: P, text: &[u8]) -> P::Result {
        pass.run(lanes, text)
    }

    /// The proof that the processor has AVX-512 for bytes, VBMI2, BMI1 and POPCNT.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512(());

    impl Avx512 {
        /// The only way to create a value.
        pub(crate) fn detect() -> Option<Avx512> {
            let has = has!("bmi1") && has!("popcnt") && has!("avx512bw") && has!("avx512vbmi2");
            has.then_some(Avx512(()))
        }
    }

    impl Lanes for Avx512 {
        #[inline(always)]
        fn marks<const N: usize>(self, block: &[u8; 64], wanted: [u8; N]) -> Marks<N> {
            // SAFETY: `self` proves AVX-512 for bytes, the 64 bytes are there, and unaligned loads may be anywhere.
            unsafe {
                let block = _mm512_loadu_si512(block.as_ptr().cast());
                let mut marks = [0; N];
                for (marks, wanted) in marks.iter_mut().zip(wanted) {
                    *marks = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(wanted as i8));
                }
                marks
            }
        }

        #[inline(always)]
        fn same(self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
            // SAFETY: as above.
            unsafe {
                let (a, b) = (_mm512_loadu_si512(a.as_ptr().cast()), _mm512_loadu_si512(b.as_ptr().cast()));
                _mm512_cmpeq_epi8_mask(a, b)
            }
        }

        #[inline(always)]
        fn places(self, bits: u64, base: u32, room: &mut [u32; 64]) -> usize {
            const ALL: [u8; 64] = {
                let mut all = [0; 64];
                let mut i = 0;
                while i < 64 {
                    all[i] = i as u8;
                    i += 1;
                }
                all
            };
            let count = bits.count_ones() as usize;
            // SAFETY: `self` proves VBMI2, and each store is within the room.
            unsafe {
                let mut set = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(ALL.as_ptr().cast()));
                let base = _mm512_set1_epi32(base as i32);
                for sixteen in room.as_chunks_mut::<16>().0.iter_mut().take(count.div_ceil(16).max(1)) {
                    let wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(set));
                    _mm512_storeu_si512(sixteen.as_mut_ptr().cast(), _mm512_add_epi32(wide, base));
                    set = _mm512_shuffle_i64x2::<0b11_11_10_01>(set, set);
                }
            }
            count
        }
    }

    /// The proof that the processor has AVX2, BMI1 and POPCNT.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(());

    impl Avx2 {
        /// The only way to create a value.
        pub(crate) fn detect() -> Option<Avx2> {
            (has!("bmi1") && has!("popcnt") && has!("avx2")).then_some(Avx2(()))
        }
    }

    impl Lanes for Avx2 {
        #[inline(always)]
        fn marks<const N: usize>(self, block: &[u8; 64], wanted: [u8; N]) -> Marks<N> {
            // SAFETY: `self` proves AVX2, the 64 bytes are there, and unaligned loads may be anywhere.
            unsafe {
                let low = _mm256_loadu_si256(block.as_ptr().cast());
                let high = _mm256_loadu_si256(block.as_ptr().add(32).cast());
                let mut marks = [0; N];
                for (marks, wanted) in marks.iter_mut().zip(wanted) {
                    let wanted = _mm256_set1_epi8(wanted as i8);
                    let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) as u32;
                    let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) as u32;
                    *marks = u64::from(low) | u64::from(high) << 32;
                }
                marks
            }
        }

        #[inline(always)]
        fn same(self, a: &[u8; 64], b: &[u8; 64]) -> u64 {
            let half = |at: usize| {
                // SAFETY: `self` proves AVX2, 32 bytes are there from 0 and from 32 on, and loads may be unaligned.
                unsafe {
                    let a = _mm256_loadu_si256(a.as_ptr().add(at).cast());
                    let b = _mm256_loadu_si256(b.as_ptr().add(at).cast());
                    u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b)) as u32)
                }
            };
            half(0) | half(32) << 32
        }

        #[inline(always)]
        fn places(self, bits: u64, base: u32, room: &mut [u32; 64]) -> usize {
            Portable.places(bits, base, room)
        }
    }

    #[cfg(test)]
    pub(crate) mod each {
        use super::*;

        /// The results of all kinds of lanes that the processor has.
        pub(crate) fn results<P: Pass + Copy>(pass: P, text: &[u8]) -> Vec<P::Result> {
            let mut all = vec![pass.run(Portable, text)];
            if let Some(lanes) = Avx2::detect() {
                // SAFETY: the value is the proof that the processor has what is enabled.
                all.push(unsafe { run256(lanes, pass, text) });
            }
            if let Some(lanes) = Avx512::detect() {
                // SAFETY: as above.
                all.push(unsafe { run512(lanes, pass, text) });
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        #[cfg(target_arch = "x86_64")]
        fn every_way_finds_the_same(text in r#"[a",\n]{0,300}"#) {
            #[derive(Clone, Copy)]
            struct Find;
            impl Pass for Find {
                type Result = Vec<u32>;
                fn run<L: Lanes>(self, lanes: L, text: &[u8]) -> Vec<u32> {
                    let (mut all, mut base) = (Vec::new(), 0);
                    let (whole, last) = blocks(text);
                    for block in whole.iter().chain(&last) {
                        for bits in lanes.marks(block, *b"\",\n") {
                            let mut room = [0; 64];
                            let count = lanes.places(bits, base, &mut room);
                            all.extend(room.iter().take(count));
                        }
                        base += 64;
                    }
                    all
                }
            }
            let mut expected = Vec::new();
            for (i, chunk) in text.as_bytes().chunks(64).enumerate() {
                for wanted in *b"\",\n" {
                    let found = chunk.iter().enumerate().filter(|(_, b)| **b == wanted);
                    expected.extend(found.map(|(at, _)| (i * 64 + at) as u32));
                }
            }
            for found in x86::each::results(Find, text.as_bytes()) {
                prop_assert_eq!(&found, &expected);
            }
        }

        #[test]
        #[cfg(target_arch = "x86_64")]
        fn starts(text in "[ab]{0,90}", start in "[ab]{0,90}", length in 0..90usize) {
            #[derive(Clone, Copy)]
            struct Begins<'a>(&'a MemberPrefix);
            impl Pass for Begins<'_> {
                type Result = bool;
                fn run<L: Lanes>(self, lanes: L, text: &[u8]) -> bool {
                    self.0.begins(lanes, text)
                }
            }
            for start in [start.as_str(), text.get(..length).unwrap_or(&text)] {
                let start = MemberPrefix::new(start);
                for found in x86::each::results(Begins(&start), text.as_bytes()) {
                    prop_assert_eq!(found, text.as_bytes().starts_with(&start.bytes));
                }
            }
        }

        #[test]
        fn ends_of_strings(text in r#"[aé]{0,300}["\\]?[a"]{0,20}"#) {
            let expected = text.bytes().position(|b| matches!(b, b'"' | b'\\'));
            prop_assert_eq!(quote_or_escape(text.as_bytes()), expected);
        }
    }
}
