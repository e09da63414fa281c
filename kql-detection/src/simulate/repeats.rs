//! Rows that alerts of several runs have.

use super::outcome::Repeat;
use arrow::array::RecordBatch;
use kql_engine::{TableSchema, cell};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Rows that are shown.
const EXAMPLES: usize = 20;

/// The longest text of a row that is shown, in characters.
const LONGEST: usize = 200;

/// The rows of the alerts so far.
#[derive(Default)]
pub(super) struct Repeats {
    /// The run that found a row first, by the hash of its cells.
    first: HashMap<u64, i64>,
    /// Rows that several runs have found.
    several: HashSet<u64>,
    /// The first rows that were found again.
    pub(super) examples: Vec<Repeat>,
}

/// The rows of a run: the hash and the start of the text of each.
#[derive(Default)]
pub(super) struct RunRows {
    rows: Vec<(u64, String)>,
}

impl RunRows {
    /// Leaves out the rows that no alert has: those after this many.
    pub(super) fn keep(&mut self, count: u64) {
        self.rows.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    }

    pub(super) fn add(&mut self, schema: &TableSchema, batch: &RecordBatch) {
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            let mut hasher = DefaultHasher::new();
            for (column, array) in schema.columns.iter().zip(batch.columns()) {
                let start = text.len();
                cell::json(array.as_ref(), column.ty, row, &mut text);
                text.get(start..).unwrap_or_default().hash(&mut hasher);
                text.push_str(", ");
            }
            let shown = text.trim_end_matches(", ").chars().take(LONGEST).collect();
            self.rows.push((hasher.finish(), shown));
        }
    }
}

impl Repeats {
    /// How many different rows several runs have found.
    pub(super) fn count(&self) -> u64 {
        self.several.len() as u64
    }

    /// Adds the rows of a run that made alerts, and returns how many an earlier one had.
    pub(super) fn alert(&mut self, now: i64, rows: RunRows) -> u64 {
        let mut repeated = 0;
        let mut own = HashSet::new();
        for (hash, text) in rows.rows {
            match self.first.get(&hash) {
                // rows of one run can be the same
                Some(first) if *first != now => {
                    repeated += 1;
                    self.several.insert(hash);
                    if own.insert(hash) && self.examples.len() < EXAMPLES {
                        self.examples.push(Repeat { first: *first, again: now, row: text });
                    }
                }
                Some(_) => {}
                None => _ = self.first.insert(hash, now),
            }
        }
        repeated
    }
}
