//! Where the texts that many queries look for are in a column, found in one pass.
//!
//! A query that looks for a text that is nowhere has no rows; one whose text is in few values tests only these. The texts are
//! ASCII and found whatever their case; a value with other characters is searched in the form in which the string operators
//! ignore case ([`kql_scan::text::fold`]).

use aho_corasick::{AhoCorasick, MatchKind};
use arrow::array::{Array, StringArray};
use hashbrown::HashMap;
use kql_scan::text::fold::fold_text;
use std::fmt;
use std::sync::Arc;

/// The shortest text that is looked for.
const SHORTEST: usize = 3;

/// The values that have a text are not listed if they are more than one of this many.
const COMMON: usize = 16;

/// Finds texts.
pub(crate) struct TextFinder {
    automaton: AhoCorasick,
    numbers: HashMap<String, usize>,
}

impl fmt::Debug for TextFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} texts", self.numbers.len())
    }
}

impl TextFinder {
    /// Finds those of the texts that can be found; `None` if there are none.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<TextFinder> {
        let mut numbers = HashMap::new();
        let mut all = Vec::new();
        for text in texts.into_iter().filter(|text| can_be_found(text)) {
            let lower = text.to_ascii_lowercase();
            if !numbers.contains_key(&lower) {
                numbers.insert(lower.clone(), all.len());
                all.push(lower);
            }
        }
        if all.is_empty() {
            return None;
        }
        let mut builder = AhoCorasick::builder();
        let automaton = builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&all).ok()?;
        Some(TextFinder { automaton, numbers })
    }

    /// Which values have which text.
    pub(super) fn index(self: &Arc<Self>, values: &StringArray) -> TextIndex {
        let most = values.len() / COMMON;
        let mut found = vec![Found::Nowhere; self.numbers.len()];
        for at in 0..values.len() {
            if values.is_null(at) {
                continue;
            }
            let value = values.value(at);
            if value.is_ascii() {
                self.add(value, at, most, &mut found);
            } else {
                // conditions can be about the letters in lower or in upper case, which may be ASCII where these are not
                self.add(&fold_text(value), at, most, &mut found);
                self.add(&fold_text(&value.to_lowercase()), at, most, &mut found);
                self.add(&fold_text(&value.to_uppercase()), at, most, &mut found);
            }
        }
        TextIndex { finder: self.clone(), found }
    }

    fn add(&self, value: &str, at: usize, most: usize, found: &mut [Found]) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        for part in self.automaton.find_overlapping_iter(value) {
            let Some(found) = found.get_mut(part.pattern().as_usize()) else { continue };
            match found {
                Found::Often => {}
                Found::Nowhere => *found = Found::In(vec![at]),
                Found::In(values) if values.last() == Some(&at) => {}
                Found::In(values) if values.len() >= most.max(8) => *found = Found::Often,
                Found::In(values) => values.push(at),
            }
        }
    }
}

fn can_be_found(text: &str) -> bool {
    text.is_ascii() && text.len() >= SHORTEST
}

#[derive(Clone, Debug, PartialEq)]
enum Found {
    Nowhere,
    /// In these values.
    In(Vec<u32>),
    /// In too many values to list them.
    Often,
}

/// Which values of a column of a chunk have which text.
#[derive(Debug)]
pub(super) struct TextIndex {
    finder: Arc<TextFinder>,
    found: Vec<Found>,
}

impl TextIndex {
    /// The values that have any of the texts, in order; `None` if they are not known, or too many.
    pub(super) fn values(&self, texts: &[String]) -> Option<Vec<u32>> {
        let mut all: Vec<u32> = Vec::new();
        for text in texts {
            let number = self.finder.numbers.get(&text.to_ascii_lowercase())?;
            match self.found.get(*number)? {
                Found::Nowhere => {}
                Found::In(values) => all.extend(values),
                Found::Often => return None,
            }
        }
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    /// Whether it is certain that no value has any of the texts.
    pub(super) fn has_none(&self, texts: &[String]) -> bool {
        self.values(texts).is_some_and(|values| values.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_values() {
        let finder = TextFinder::new(["bypass", "PASS", "no", "ümlaut", "kelvin"]).expect("a finder");
        let values = StringArray::from(vec!["-ByPass", "x", "compass", "", "3 \u{212a}elvin", "Ä Bypass"]);
        // its lower case is ASCII
        assert_eq!("\u{212a}".to_lowercase(), "k");
        let index = Arc::new(finder).index(&values);
        let found = |texts: &[&str]| index.values(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        assert_eq!(found(&["bypass"]), Some(vec![0, 5]));
        assert_eq!(found(&["pass"]), Some(vec![0, 2, 5]));
        assert_eq!(found(&["bypass", "pass"]), Some(vec![0, 2, 5]));
        // too short, or with other characters
        assert_eq!((found(&["no"]), found(&["ümlaut"]), found(&["unknown"])), (None, None, None));
        // tolower() makes an ASCII letter of this one
        assert_eq!(found(&["kelvin"]), Some(vec![4]));
    }

    #[test]
    fn frequent_texts_are_not_listed() {
        let values = StringArray::from(vec!["exe"; 1_000]);
        let index = Arc::new(TextFinder::new(["exe", "dll"]).expect("a finder")).index(&values);
        assert_eq!(index.values(&["exe".to_owned()]), None);
        assert!(index.has_none(&["dll".to_owned()]) && !index.has_none(&["exe".to_owned(), "dll".to_owned()]));
    }
}
