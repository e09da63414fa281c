//! What the filters so far leave possible for the columns.

use super::test::{Test, TestKind};
use kql_parser::Span;
use kql_scan::text::Case;
use std::collections::HashMap;

/// What is known of the columns of rows.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    columns: HashMap<String, Domain>,
}

/// What is known of a column.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The texts that it can have.
    values: Option<Vec<String>>,
    /// Whether a text stands for all its spellings in upper and lower case.
    any_case: bool,
    /// Whether the values are those of a list of the query.
    is_list: bool,
    /// The range of its numbers; a null is not in it.
    range: Option<(i64, i64)>,
    /// The condition that says so.
    from: Option<Span>,
}

/// What follows for a condition.
pub struct Verdict {
    pub value: bool,
    pub because: String,
    pub follows_from: Option<Span>,
}

/// Items of lists that exclude each other.
pub enum Dead {
    /// Items of the condition before.
    Earlier(Vec<String>),
    /// Items of the condition that is judged.
    Here(Vec<String>),
}

impl Knowledge {
    /// Forgets a column.
    pub fn forget(&mut self, column: &str) {
        self.columns.remove(column);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.columns.clear();
    }

    /// Keeps these columns, each under its new name.
    pub fn keep(&mut self, columns: &[(String, String)]) {
        let known = std::mem::take(&mut self.columns);
        for (new, old) in columns {
            if let Some(domain) = known.get(old) {
                self.columns.insert(new.clone(), domain.clone());
            }
        }
    }

    /// Knows that a column has one text in all rows.
    pub fn set_text(&mut self, column: &str, text: &str, from: Span) {
        let values = Some(vec![text.to_owned()]);
        let domain = Domain { values, any_case: false, is_list: false, range: None, from: Some(from) };
        self.columns.insert(column.to_owned(), domain);
    }

    /// Knows that a column is a count.
    pub fn set_count(&mut self, column: &str) {
        let domain = Domain { values: None, any_case: false, is_list: false, range: Some((0, i64::MAX)), from: None };
        self.columns.insert(column.to_owned(), domain);
    }

    /// Whether a condition is the same for all rows.
    pub fn judge(&self, test: &Test) -> Option<Verdict> {
        if let TestKind::Range(low, high) = test.kind {
            if low > high {
                let because = "no value is greater than the first and less than the second".to_owned();
                return Some(Verdict { value: false, because, follows_from: None });
            }
            let domain = self.columns.get(&test.column)?;
            let (from, to) = domain.range?;
            let value = if high < from || low > to {
                false
            } else if low <= from && high >= to {
                true
            } else {
                return None;
            };
            let because = match domain.from {
                Some(_) => "an earlier filter leaves only values for which it is".to_owned(),
                None => format!("'{}' is a count, which is never less than 0", test.column),
            };
            return Some(Verdict { value, because, follows_from: domain.from });
        }
        let domain = self.columns.get(&test.column)?;
        let values = domain.values.as_ref().filter(|values| !values.is_empty())?;
        let results: Option<Vec<bool>> = values.iter().map(|value| test.is_true_for(value, domain.any_case)).collect();
        let results = results?;
        let value = if results.iter().all(|r| *r) {
            true
        } else if results.iter().all(|r| !*r) {
            false
        } else {
            return None;
        };
        // what ignores case says nothing about a comparison that does not
        if domain.any_case && test.is_case_sensitive() && value != test.excluded().is_some() {
            return None;
        }
        let because = format!("'{}' can only be {} here", test.column, Domain::shown(values));
        Some(Verdict { value, because, follows_from: domain.from })
    }

    /// The items of a list that a condition makes pointless, and the earlier condition.
    pub fn dead_items(&self, test: &Test) -> Option<(Span, Dead)> {
        let domain = self.columns.get(&test.column)?;
        let (values, from) = (domain.values.as_ref()?, domain.from?);
        let (texts, _) = test.required()?;
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let missing = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|a| !those.iter().any(|b| same(a, b))).cloned().collect()
        };
        let (earlier, here) = (missing(values, texts), missing(texts, values));
        if here.len() == texts.len() {
            // nothing is left: the condition as a whole is never true
            None
        } else if !here.is_empty() && test.is_list {
            Some((from, Dead::Here(here)))
        } else if !earlier.is_empty() && domain.is_list {
            Some((from, Dead::Earlier(earlier)))
        } else {
            None
        }
    }

    /// Knows that a condition is true.
    pub fn learn(&mut self, test: &Test, at: Span) {
        match &test.kind {
            TestKind::Range(low, high) => {
                let (from, to) = self.columns.get(&test.column).and_then(|d| d.range).unwrap_or((i64::MIN, i64::MAX));
                let range = Some(((*low).max(from), (*high).min(to)));
                let domain = Domain { values: None, any_case: false, is_list: false, range, from: Some(at) };
                self.columns.insert(test.column.clone(), domain);
            }
            TestKind::Text { .. } => self.learn_text(test, at),
        }
    }

    fn learn_text(&mut self, test: &Test, at: Span) {
        let known =
            self.columns.get(&test.column).and_then(|domain| domain.values.clone().map(|v| (v, domain.clone())));
        let required = test.required().map(|(texts, case)| (texts.to_vec(), case == Case::Insensitive));
        let domain = match (known, required) {
            (Some((values, before)), _) => {
                let possible = |value: &String| test.is_true_for(value, before.any_case || test.is_case_sensitive());
                let is_sure = test.excluded().is_none() || !before.any_case;
                let left: Vec<String> =
                    values.into_iter().filter(|value| !is_sure || possible(value) != Some(false)).collect();
                Domain { values: Some(left), ..before }
            }
            (None, Some((texts, any_case))) => {
                Domain { values: Some(texts), any_case, is_list: test.is_list, range: None, from: Some(at) }
            }
            (None, None) => return,
        };
        self.columns.insert(test.column.clone(), domain);
    }
}
