//! Names of people and computers, addresses and ids, and what stands for them.
//!
//! ```text
//! identity.rs   what a value names
//! find.rs       what is to be replaced, by its form or by where it stands
//! column.rs     what the name of a column or of a key says
//! known.rs      names that say nothing about anybody
//! stand_in.rs   what stands for a name
//! text.rs       whole words, the texts of a column      json.rs   texts within JSON
//! ```

mod column;
mod find;
mod identity;
mod json;
mod known;
mod stand_in;
#[cfg(test)]
mod tests;
mod text;

use super::table::MinimisedTable;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use find::Names;
use identity::{Identity, Kind};
use kql_engine::Error;
use kql_parser::Kind as TokenKind;
use regex::{Regex, RegexBuilder};
use stand_in::stand_in;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use text::{is_whole, texts};

/// Replaces values, the same one by the same one everywhere.
pub(super) struct Scrubber {
    /// The values as they are written, in lower case, with what they name and what stands for them.
    found: BTreeMap<String, (Identity, String)>,
    named: BTreeSet<String>,
}

impl Scrubber {
    /// What is to be replaced in tables. A value that the query names stays: it would be another query without it.
    pub fn of(tables: &[MinimisedTable], query: &str) -> Scrubber {
        let written = Names::of(tables).written;
        let literals = literals(query);
        let is_named = |value: &str| {
            literals
                .iter()
                .any(|literal| literal.contains(value) || (literal.len() > 2 && value.contains(literal.as_str())))
        };
        let named: BTreeSet<String> = written.keys().filter(|value| is_named(value)).cloned().collect();
        // its other spellings stay, too
        let staying: BTreeSet<Identity> = named.iter().filter_map(|value| written.get(value)).cloned().collect();
        let mut found = BTreeMap::new();
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut numbers: BTreeMap<(Kind, String), usize> = BTreeMap::new();
        for (value, identity) in written {
            if staying.contains(&identity) {
                continue;
            }
            let (kind, key) = identity.number();
            let next = counts.get(&kind).copied().unwrap_or(0) + 1;
            let number = numbers.get(&(kind, key.to_owned())).copied().unwrap_or(next);
            if let Some(other) = stand_in(&identity, number, &value) {
                if number == next && numbers.insert((kind, key.to_owned()), number).is_none() {
                    counts.insert(kind, number);
                }
                found.insert(value, (identity, other));
            }
        }
        Scrubber { found, named }
    }

    /// The kinds that were found.
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.count(*kind) > 0).collect()
    }

    /// How many of a kind were found.
    pub fn count(&self, kind: Kind) -> usize {
        let of_kind = self.found.values().map(|(identity, _)| identity).filter(|identity| identity.kind == kind);
        of_kind.collect::<BTreeSet<_>>().len()
    }

    /// The values that stay, since the query names them.
    pub fn named(&self) -> Vec<String> {
        self.named.iter().cloned().collect()
    }

    /// The tables with the values of these kinds replaced.
    pub fn apply(&self, tables: &[MinimisedTable], kinds: &[Kind]) -> Result<Vec<MinimisedTable>, Error> {
        let chosen = self.found.iter().filter(|(_, (identity, _))| kinds.contains(&identity.kind));
        let chosen: BTreeMap<&str, &str> = chosen.map(|(value, (_, new))| (value.as_str(), new.as_str())).collect();
        if chosen.is_empty() {
            return Ok(tables.to_vec());
        }
        // of two values that begin at one place, the longer one
        let mut values: Vec<&str> = chosen.keys().copied().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let pattern: Vec<String> = values.iter().map(|value| regex::escape(value)).collect();
        let pattern = RegexBuilder::new(&pattern.join("|"))
            .case_insensitive(true)
            .size_limit(1 << 28)
            .build()
            .map_err(|error| Error::Run(format!("The values to replace are too many: {error}")))?;
        let replacement = Replacement { pattern, chosen };
        tables.iter().map(|table| replacement.applied(table)).collect()
    }
}

/// What is replaced by what.
struct Replacement<'a> {
    pattern: Regex,
    /// What stands for each value in lower case.
    chosen: BTreeMap<&'a str, &'a str>,
}

impl Replacement<'_> {
    fn applied(&self, table: &MinimisedTable) -> Result<MinimisedTable, Error> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (column, array) in table.schema.columns.iter().zip(table.batch.columns()) {
            columns.push(match texts(array, column.ty) {
                Some(texts) => {
                    let new: StringArray = texts.iter().map(|text| text.map(|text| self.replaced(text))).collect();
                    Arc::new(new)
                }
                None => array.clone(),
            });
        }
        let batch = RecordBatch::try_new(table.batch.schema(), columns).map_err(|e| Error::Run(e.to_string()))?;
        Ok(MinimisedTable { batch, ..table.clone() })
    }

    fn replaced(&self, text: &str) -> String {
        if json::is_json(text) { json::with_texts(text, &|inner| self.replaced(inner)) } else { self.in_text(text) }
    }

    fn in_text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        let mut at = 0;
        while let Some(found) = self.pattern.find_at(text, at) {
            match self.longest(text, found.start(), found.end()) {
                Some((end, new)) => {
                    out.push_str(text.get(copied..found.start()).unwrap_or_default());
                    let own = text.get(found.start()..end).unwrap_or_default();
                    let is_upper = own.chars().any(char::is_alphabetic) && own.to_uppercase() == own;
                    out.push_str(&if is_upper { new.to_uppercase() } else { new.to_owned() });
                    (copied, at) = (end, end);
                }
                None => {
                    let first = text.get(found.start()..).and_then(|rest| rest.chars().next());
                    at = found.start() + first.map_or(1, char::len_utf8);
                }
            }
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        out
    }

    /// The longest value at a place that is not a part of a word, up to this end: its end, and what stands for it.
    fn longest(&self, text: &str, start: usize, end: usize) -> Option<(usize, &str)> {
        let ends = (start + 1..=end).rev().filter(|end| text.is_char_boundary(*end));
        ends.into_iter().find_map(|end| {
            let own = text.get(start..end)?.to_lowercase();
            let new = self.chosen.get(own.as_str())?;
            is_whole(text, start, end).then_some((end, *new))
        })
    }
}

/// The string literals of a query, in lower case.
fn literals(query: &str) -> BTreeSet<String> {
    let tokens = kql_parser::lex(query).tokens.into_iter();
    let literals =
        tokens.filter(|token| matches!(token.kind, TokenKind::String | TokenKind::Verbatim | TokenKind::MultiLine));
    let trimmed = literals.map(|token| {
        let text = token.span.text(query).trim_start_matches(['h', 'H', '@']);
        text.trim_matches(['"', '\'', '`', '~']).replace("\\\\", "\\").to_lowercase()
    });
    trimmed.filter(|text| !text.is_empty()).collect()
}
