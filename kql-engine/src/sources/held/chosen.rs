//! Rows of a chunk that conditions choose.

use super::chunk::Piece;
use arrow::array::UInt32Array;
use arrow::buffer::BooleanBuffer;

/// Rows of a chunk.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    None,
    All,
    Some(BooleanBuffer),
}

impl Chosen {
    pub(super) fn of(bits: BooleanBuffer) -> Chosen {
        match bits.count_set_bits() {
            0 => Chosen::None,
            all if all == bits.len() => Chosen::All,
            _ => Chosen::Some(bits),
        }
    }

    pub(super) fn count(&self, rows: usize) -> usize {
        match self {
            Chosen::None => 0,
            Chosen::All => rows,
            Chosen::Some(bits) => bits.count_set_bits(),
        }
    }

    pub(super) fn and(self, other: Chosen) -> Chosen {
        match (self, other) {
            (Chosen::None, _) | (_, Chosen::None) => Chosen::None,
            (Chosen::All, other) | (other, Chosen::All) => other,
            (Chosen::Some(a), Chosen::Some(b)) => Chosen::of(&a & &b),
        }
    }

    pub(super) fn or(self, other: Chosen) -> Chosen {
        match (self, other) {
            (Chosen::All, _) | (_, Chosen::All) => Chosen::All,
            (Chosen::None, other) | (other, Chosen::None) => other,
            (Chosen::Some(a), Chosen::Some(b)) => Chosen::of(&a | &b),
        }
    }

    /// The rows in pieces of at most `size`.
    pub(super) fn pieces(&self, rows: usize, size: usize) -> Vec<Piece> {
        match self {
            Chosen::None => Vec::new(),
            Chosen::All => (0..rows).step_by(size).map(|from| Piece::Range(from, size.min(rows - from))).collect(),
            Chosen::Some(bits) => {
                let numbers: Vec<u32> = bits.set_indices_u32().collect();
                numbers.chunks(size).map(|part| Piece::Rows(UInt32Array::from(part.to_vec()))).collect()
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Chosen::Some(bits) => bits.len() / 8,
            _ => 0,
        }
    }
}
