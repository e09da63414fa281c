//! Results with one bit per row.

use arrow::buffer::{BooleanBuffer, MutableBuffer};

/// A result under construction: one bit per row.
pub(super) struct Bits {
    words: Vec<u64>,
    rows: usize,
}

impl Bits {
    pub(super) fn new(rows: usize) -> Bits {
        Bits { words: vec![0; rows.div_ceil(64)], rows }
    }

    pub(super) fn set(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    pub(super) fn finish(self) -> BooleanBuffer {
        let bytes: MutableBuffer = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        BooleanBuffer::new(bytes.into(), 0, self.rows)
    }
}
