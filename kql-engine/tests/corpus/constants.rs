//! What a query compares its columns with, so that rows can be made that its filters let through.

use kql_parser::{Kind, lex};
use std::collections::{BTreeMap, BTreeSet};

/// Words that stand between a column and what it is compared with.
const WORDS: &[&str] = &[
    "has",
    "has_any",
    "has_all",
    "in",
    "and",
    "or",
    "not",
    "contains",
    "startswith",
    "endswith",
    "matches",
    "regex",
    "dynamic",
    "where",
    "let",
    "extend",
    "project",
    "summarize",
    "by",
    "on",
    "datatable",
    "string",
    "between",
    "tolower",
    "toupper",
    "tostring",
    "datetime",
    "set",
    "pack_array",
    "hasprefix",
    "hassuffix",
    "has_cs",
    "contains_cs",
    "startswith_cs",
];

/// The constants of a query.
#[derive(Default)]
pub struct Constants {
    /// By the name before them.
    near: BTreeMap<String, BTreeSet<String>>,
    /// Names that stand after a name: `Cmd has_any (Cmds)`.
    links: BTreeMap<String, BTreeSet<String>>,
    /// All of them.
    pub all: Vec<String>,
    /// Names of properties: `a.b`, `a["b"]`.
    pub keys: Vec<String>,
    /// Names after a `bag_unpack`, which may be of properties too.
    unpacked: BTreeSet<String>,
    /// Whole numbers.
    pub numbers: Vec<i64>,
}

impl Constants {
    /// Reads a query.
    pub fn of(text: &str) -> Constants {
        let mut constants = Constants::default();
        let (mut all, mut keys, mut numbers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut last: Option<&str> = None;
        let mut unpacks = false;
        let tokens = lex(text).tokens;
        for (n, token) in tokens.iter().enumerate() {
            let shown = token.span.text(text);
            let before = n.checked_sub(1).and_then(|n| tokens.get(n)).map(|t| t.kind);
            match token.kind {
                Kind::Word if before == Some(Kind::Dot) => {
                    keys.insert(shown.to_owned());
                }
                Kind::Word if WORDS.contains(&shown.trim_end_matches('~').to_lowercase().as_str()) => {}
                Kind::Word => {
                    let called = tokens.get(n + 1).is_some_and(|next| next.kind == Kind::OpenParen);
                    if unpacks && !called {
                        constants.unpacked.insert(shown.to_owned());
                    }
                    unpacks |= shown == "bag_unpack";
                    if let Some(last) = last {
                        constants.links.entry(last.to_owned()).or_default().insert(shown.to_owned());
                    }
                    last = Some(shown);
                }
                Kind::String | Kind::Verbatim => {
                    let value = unquoted(shown);
                    if before == Some(Kind::OpenBracket) {
                        keys.insert(value.clone());
                    }
                    if let Some(last) = last {
                        constants.near.entry(last.to_owned()).or_default().insert(value.clone());
                    }
                    all.insert(value);
                }
                Kind::Long => {
                    if let Ok(number) = shown.parse::<i64>() {
                        numbers.insert(number);
                        if let Some(last) = last {
                            constants.near.entry(last.to_owned()).or_default().insert(shown.to_owned());
                        }
                    }
                }
                Kind::Pipe | Kind::Semicolon => last = None,
                _ => {}
            }
        }
        constants.all = all.into_iter().filter(|text| text.len() < 400).collect();
        constants.keys = keys.into_iter().collect();
        constants.numbers = numbers.into_iter().collect();
        constants
    }

    /// Takes names that stand after a `bag_unpack` for properties where the tables have no columns of these names: one of
    /// both would be one too many.
    pub fn unpack(&mut self, has_column: impl Fn(&str) -> bool) {
        let unpacked = std::mem::take(&mut self.unpacked);
        self.keys.extend(unpacked.into_iter().filter(|name| !has_column(name)));
    }

    /// What stands near a name, and near the names after it.
    pub fn near(&self, name: &str) -> Vec<&str> {
        let linked = self.links.get(name).into_iter().flatten().map(String::as_str);
        std::iter::once(name)
            .chain(linked)
            .flat_map(|name| self.near.get(name).into_iter().flatten())
            .map(String::as_str)
            .filter(|text| text.len() < 400)
            .take(400)
            .collect()
    }
}

/// The text of a literal, roughly: what stands between its quotes.
fn unquoted(literal: &str) -> String {
    let verbatim = literal.contains('@') && !literal.starts_with(['"', '\'']);
    let inner = literal.trim_start_matches(['h', 'H', '@']);
    let inner = inner.get(1..inner.len().saturating_sub(1)).unwrap_or("");
    if verbatim { inner.to_owned() } else { inner.replace("\\\\", "\\").replace("\\\"", "\"").replace("\\'", "'") }
}
