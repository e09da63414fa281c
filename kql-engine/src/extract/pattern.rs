//! The pattern of `parse`: texts and columns in turn, as a regular expression, or as a plain search if that has the same
//! result.
//!
//! In the simple and relaxed kinds a column extends to the first position where the rest matches, and the whole text must
//! match; in the regex kind texts are regular expressions and a column is as long as possible.

use super::converted::{Unconverted, converted};
use crate::encoded::Encoded;
use crate::functions::operators::compiled;
use crate::plan::Extractor;
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, BooleanArray, StringArray, StringBuilder};
use datafusion::common::{DataFusionError, Result};
use memchr::memmem::Finder;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// `*`
    Any,
    /// A text, or a regular expression.
    Text(String),
    /// A column.
    Column(ScalarType),
}

/// The kind of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PatternKind {
    /// Literal texts; if a value does not convert, the row does not match.
    Simple,
    /// Literal texts; a value that does not convert is null.
    Relaxed,
    /// Texts are regular expressions, with these flags; if a value does not convert, the row does not match.
    Regex(String),
}

/// A compiled pattern.
pub struct Pattern {
    parts: Vec<Part>,
    kind: PatternKind,
    types: Vec<ScalarType>,
    search: Search,
}

enum Search {
    /// Texts to find one after the other. The columns are what is between them; a step without a column skips that part.
    Plain(Vec<Step>),
    /// A regular expression with a named group for each column; texts can have groups too.
    Regex(Box<Regex>, Vec<String>),
}

struct Step {
    /// What is before the text: a column, or something to skip.
    column: Option<usize>,
    /// Whether nothing can be before the text.
    here: bool,
    /// `None` at the end of a pattern that ends with a column or `*`.
    text: Option<Finder<'static>>,
}

/// Why a pattern cannot be used: it is not a valid regular expression.
#[derive(Debug, thiserror::Error)]
#[error("The pattern is not a valid regular expression: {}.", last_line(&.0.to_string()))]
pub struct PatternError(#[from] regex::Error);

/// The name of this kind of extractor.
pub const KIND: &str = "pattern";

/// A pattern from its data.
pub fn decode(encoded: &Encoded) -> Result<Pattern> {
    let (parts, kind): (Vec<Part>, PatternKind) = encoded.data()?;
    Pattern::new(&parts, kind).map_err(|e| DataFusionError::External(Box::new(e)))
}

impl Pattern {
    /// Compiles a pattern. The error is a sentence about an invalid regular expression.
    pub fn new(parts: &[Part], kind: PatternKind) -> Result<Pattern, PatternError> {
        let types = parts
            .iter()
            .filter_map(|p| match p {
                Part::Column(ty) => Some(*ty),
                _ => None,
            })
            .collect();
        let plain = if matches!(kind, PatternKind::Regex(_)) { None } else { plain(parts) };
        let search = match plain {
            Some(steps) => Search::Plain(steps),
            None => {
                let columns = parts.iter().filter(|p| matches!(p, Part::Column(_))).count();
                Search::Regex(Box::new(expression(parts, &kind)?), (0..columns).map(group).collect())
            }
        };
        Ok(Pattern { parts: parts.to_vec(), kind, types, search })
    }

    /// Finds the columns' texts; false if the text does not match.
    fn find<'t>(&self, text: &'t str, found: &mut [&'t str]) -> bool {
        match &self.search {
            Search::Regex(regex, names) => {
                let Some(captures) = regex.captures(text) else { return false };
                for (slot, name) in found.iter_mut().zip(names) {
                    *slot = captures.name(name).map_or("", |m| m.as_str());
                }
                true
            }
            Search::Plain(steps) => {
                let mut rest = text;
                for step in steps {
                    let before = match &step.text {
                        None => std::mem::take(&mut rest),
                        Some(needle) if step.here => {
                            let Some(after) = rest.as_bytes().strip_prefix(needle.needle()) else { return false };
                            rest = rest.get(rest.len() - after.len()..).unwrap_or("");
                            ""
                        }
                        Some(needle) => {
                            let Some(at) = needle.find(rest.as_bytes()) else { return false };
                            let before = rest.get(..at).unwrap_or("");
                            rest = rest.get(at + needle.needle().len()..).unwrap_or("");
                            before
                        }
                    };
                    if let Some(slot) = step.column.and_then(|c| found.get_mut(c)) {
                        *slot = before;
                    }
                }
                true
            }
        }
    }
}

/// The steps of a pattern for which the first occurrence of each text is the right one: all columns are strings, and the
/// pattern ends with something that takes the rest.
fn plain(parts: &[Part]) -> Option<Vec<Step>> {
    if !matches!(parts.last(), Some(Part::Any | Part::Column(ScalarType::String))) {
        return None;
    }
    let mut steps = Vec::new();
    let mut columns = 0;
    // what is before the next text: nothing, something to skip, or a column
    let mut before: Option<Option<usize>> = None;
    for part in parts {
        match part {
            Part::Text(text) => {
                let (column, here) = (before.flatten(), before.is_none());
                steps.push(Step { column, here, text: Some(Finder::new(text).into_owned()) });
                before = None;
            }
            Part::Any if before.is_none() => before = Some(None),
            Part::Column(ScalarType::String) if before.is_none() => {
                before = Some(Some(columns));
                columns += 1;
            }
            // two columns or `*` in a row
            _ => return None,
        }
    }
    steps.push(Step { column: before.flatten(), here: false, text: None });
    Some(steps)
}

fn expression(parts: &[Part], kind: &PatternKind) -> Result<Regex, PatternError> {
    let mut pattern = String::new();
    let is_regex = if let PatternKind::Regex(flags) = kind {
        let flags: String = flags.chars().filter(|c| "imsUux".contains(*c)).collect();
        if !flags.is_empty() {
            pattern.push_str(&format!("(?{flags})"));
        }
        true
    } else {
        pattern.push_str("(?s)");
        false
    };
    pattern.push('^');
    let mut columns = 0;
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::Any => pattern.push_str(".*?"),
            Part::Text(text) if is_regex => {
                pattern.push_str("(?:");
                pattern.push_str(text);
                pattern.push(')');
            }
            Part::Text(text) => pattern.push_str(&regex::escape(text)),
            Part::Column(ty) => {
                let open = matches!(parts.get(i + 1), Some(Part::Any | Part::Column(_)));
                let form = if is_regex {
                    // a time at the end takes the rest
                    let ends = i + 1 == parts.len() && matches!(ty, ScalarType::Datetime | ScalarType::Timespan);
                    if ends { ".*" } else { regex_form(*ty) }
                } else if open {
                    form(*ty)
                } else {
                    ".*?"
                };
                // `*` at the end requires nothing: the column before it can be missing
                let missing = if !is_regex && open && i + 2 == parts.len() { "?" } else { "" };
                pattern.push_str(&format!("(?P<{}>(?:{form}){missing})", group(columns)));
                columns += 1;
            }
        }
    }
    if !is_regex {
        pattern.push('$');
    }
    Ok(compiled(&pattern)?)
}

/// The name of a column's group.
fn group(column: usize) -> String {
    format!("kql_column_{column}")
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

/// A regular expression for values of a type, if the pattern does not limit their length. It accepts what Kusto's engine
/// was measured to accept.
fn form(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::Int | ScalarType::Long => r"\s*[-+]?\d+",
        ScalarType::Real | ScalarType::Decimal => r"\s*[-+]?(?:\d+\.?\d*|\.\d+)",
        ScalarType::Bool => r"\s*(?:(?i:true|false)|[-+]?\d+)",
        ScalarType::Guid => {
            r"\s*(?:\{[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\}|[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12})"
        }
        ScalarType::Datetime | ScalarType::Timespan => r"\S+",
        _ => ".*?",
    }
}

/// [`form`] for the regex kind.
fn regex_form(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::Int | ScalarType::Long | ScalarType::Guid => form(ty),
        // without an exponent
        ScalarType::Real | ScalarType::Decimal => r"\s*[-+]?\d+(?:\.\d+)?",
        ScalarType::Bool => r"\s*(?i:true|false)",
        // the separator determines the order: 2024-01-02, but 01/02/2024
        ScalarType::Datetime => {
            r"\s*(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{1,4})(?:[Tt ]\s*\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)?(?:[Zz]|[-+]\d{1,2}(?::\d{1,2})?)?"
        }
        ScalarType::Timespan => r"\s*-?(?:\d+\.\d{1,2}:\d{1,2}:\d{1,2}|\d{1,2}:\d{1,2}(?::\d{1,2})?)(?:\.\d*)?",
        _ => ".*",
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.search {
            Search::Plain(steps) => write!(f, "{} texts in turn", steps.len() - 1),
            Search::Regex(regex, _) => write!(f, "/{regex}/"),
        }
    }
}

impl Extractor for Pattern {
    fn extract(&self, texts: &StringArray) -> Result<(BooleanArray, Vec<ArrayRef>)> {
        let mut builders: Vec<StringBuilder> =
            self.types.iter().map(|_| StringBuilder::with_capacity(texts.len(), texts.len() * 8)).collect();
        let mut matched = Vec::with_capacity(texts.len());
        let mut found = vec![""; self.types.len()];
        for text in texts {
            let fits = text.is_some_and(|text| self.find(text, &mut found));
            matched.push(fits);
            for (builder, text) in builders.iter_mut().zip(&found) {
                if fits { builder.append_value(text) } else { builder.append_null() }
            }
        }
        let found: Vec<StringArray> = builders.iter_mut().map(StringBuilder::finish).collect();
        let unconverted = match self.kind {
            PatternKind::Relaxed => Unconverted::IsNull,
            _ => Unconverted::DropsRow,
        };
        converted(found, &self.types, matched, unconverted)
    }

    fn encode(&self) -> Result<(&'static str, Encoded)> {
        Ok((KIND, Encoded::of(&(&self.parts, &self.kind))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &[Part], kind: PatternKind, text: &str) -> Option<Vec<String>> {
        let pattern = Pattern::new(parts, kind).expect("a pattern");
        let mut found = vec![""; pattern.types.len()];
        pattern.find(text, &mut found).then(|| found.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn plain_search_and_expression_agree() {
        use Part::{Any, Column, Text};
        let text = |t: &str| Text(t.to_owned());
        let string = || Column(ScalarType::String);
        let patterns = [
            vec![Any, text("a="), string(), text(","), Any],
            vec![text("x"), string(), text("x"), string()],
            vec![string(), text(" "), string()],
            vec![Any, text("aa"), string()],
            vec![text("é"), Any],
        ];
        let texts = ["", "a=1,b=2", "xx", "xaxbx", "one two three", "aaa", "baab", "éclair", "a=,", "\na=1\n,\n"];
        for parts in &patterns {
            assert!(plain(parts).is_some());
            let regex = expression(parts, &PatternKind::Simple).expect("an expression");
            for text in texts {
                let by_regex = regex
                    .captures(text)
                    .map(|c| c.iter().skip(1).map(|m| m.map_or("", |m| m.as_str()).to_owned()).collect());
                assert_eq!(all(parts, PatternKind::Simple, text), by_regex, "{parts:?} on {text:?}");
            }
        }
    }
}
