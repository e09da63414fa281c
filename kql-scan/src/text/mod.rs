//! The string operators of KQL (`has`, `has_any`, `contains`, `startswith`, `=~` …) over whole Arrow columns.
//!
//! A [`Matcher`] is compiled once per constant and then run over the contiguous value buffer of a
//! `StringArray`, not row by row:
//!
//! | needles | how candidates are found | file |
//! | --- | --- | --- |
//! | one, case-sensitive | `memchr::memmem` | `scan.rs` |
//! | up to 64 | Teddy: three-byte fingerprints, 32 positions at a time | `teddy.rs`, `simd.rs` |
//! | more | hash of up to four folded bytes at every position | `grams.rs` |
//! | `startswith`, `endswith`, `==`, `=~`, `in`, `in~` | the edge of each row | `edge.rs` |
//!
//! A candidate is only a position to check; the needle itself (`needle`) decides with the term rule:
//! a term character is a Unicode letter or number ([`terms`]), and an edge of the needle that is one must
//! not touch another. Candidates never span rows: the check sees the row's own bytes only.
//!
//! Case is ignored as .NET's ordinal comparison does ([`fold`]): character by character, no `ß` = `ss`.

mod bits;
mod edge;
pub mod fold;
mod grams;
mod mode;
mod needle;
mod scan;
mod simd;
mod teddy;
pub mod terms;
#[cfg(test)]
mod tests;

use arrow::array::{Array, StringArray};
use arrow::buffer::BooleanBuffer;
use bits::Bits;
use edge::Edge;
use needle::Needle;
use scan::Scanner;
use std::sync::OnceLock;

pub use mode::{Case, Mode};

/// The compiled constant side of a string operator.
#[derive(Debug)]
pub struct Matcher {
    needles: Vec<String>,
    mode: Mode,
    case: Case,
    engine: Engine,
    singles: OnceLock<Vec<Matcher>>,
}

#[derive(Debug)]
enum Engine {
    /// There is no needle, so nothing matches.
    Never,
    /// There is an empty needle, which every value contains.
    Always,
    Scan(Box<Scanner>),
    Edge(Box<Edge>),
}

impl Matcher {
    /// Compiles the needles. An empty needle matches every value; for `Equals` it matches only the empty value.
    pub fn new(needles: &[&str], mode: Mode, case: Case) -> Matcher {
        let engine = if needles.is_empty() {
            Engine::Never
        } else if mode != Mode::Equals && needles.iter().any(|n| n.is_empty()) {
            Engine::Always
        } else {
            let mut compiled: Vec<Needle> = needles.iter().map(|n| Needle::new(n, mode, case)).collect();
            compiled.sort_by(|a, b| a.folded().cmp(b.folded()));
            compiled.dedup_by(|a, b| a.folded() == b.folded());
            match mode {
                Mode::StartsWith | Mode::EndsWith | Mode::Equals => Engine::Edge(Box::new(Edge::new(compiled, mode))),
                _ => Engine::Scan(Box::new(Scanner::new(compiled))),
            }
        };
        let needles = needles.iter().map(|n| (*n).to_owned()).collect();
        Matcher { needles, mode, case, engine, singles: OnceLock::new() }
    }

    /// Whether at least one needle matches the value.
    pub fn is_match(&self, value: &str) -> bool {
        match &self.engine {
            Engine::Never => false,
            Engine::Always => true,
            Engine::Scan(scanner) => scanner.is_match(value.as_bytes()),
            Engine::Edge(edge) => edge.is_match(value.as_bytes()),
        }
    }

    /// Whether every needle matches the value; true if there are no needles.
    pub fn is_match_all(&self, value: &str) -> bool {
        self.singles().iter().all(|single| single.is_match(value))
    }

    /// The rows in which at least one needle matches. Null rows are false.
    pub fn any(&self, values: &StringArray) -> BooleanBuffer {
        let rows = values.len();
        let mut bits = Bits::new(rows);
        match &self.engine {
            Engine::Never => {}
            Engine::Always => return valid_rows(values),
            Engine::Scan(scanner) => scanner.rows(values.value_data(), values.value_offsets(), &mut bits),
            Engine::Edge(edge) => edge.rows(values.value_data(), values.value_offsets(), &mut bits),
        }
        let found = bits.finish();
        match values.nulls() {
            Some(nulls) => &found & nulls.inner(),
            None => found,
        }
    }

    /// The rows in which every needle matches (`has_all`). Null rows are false.
    pub fn all(&self, values: &StringArray) -> BooleanBuffer {
        let singles = self.singles();
        let Some((first, rest)) = singles.split_first() else { return valid_rows(values) };
        // The longest needle, most probably the rarest, is searched in the whole buffer; the others only
        // in the rows that it matches.
        let found = first.any(values);
        if rest.is_empty() {
            return found;
        }
        let mut bits = Bits::new(values.len());
        for row in found.set_indices() {
            let value = values.value(row);
            if rest.iter().all(|single| single.is_match(value)) {
                bits.set(row);
            }
        }
        bits.finish()
    }

    /// One matcher per needle, the longest first.
    fn singles(&self) -> &[Matcher] {
        self.singles.get_or_init(|| {
            let mut needles: Vec<&str> = self.needles.iter().map(String::as_str).collect();
            needles.sort_by_key(|n| std::cmp::Reverse(n.len()));
            needles.dedup();
            needles.into_iter().map(|n| Matcher::new(&[n], self.mode, self.case)).collect()
        })
    }
}

fn valid_rows(values: &StringArray) -> BooleanBuffer {
    values.nulls().map_or_else(|| BooleanBuffer::new_set(values.len()), |nulls| nulls.inner().clone())
}
