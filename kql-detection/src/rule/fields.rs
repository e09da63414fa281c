//! Reads the fields of a rule, and notes what is wrong with them.

use super::duration;
use super::model::{Operator, QueryText};
use crate::problem::{Place, Placed, Problem, Source};
use crate::yaml::{Kind, Node};
use std::collections::HashMap;

/// How a trigger can compare, as YAML and as the service's JSON write it.
pub const OPERATORS: [(&str, Operator); 12] = [
    ("gt", Operator::Greater),
    ("lt", Operator::Less),
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("GreaterThan", Operator::Greater),
    ("LessThan", Operator::Less),
    ("Equal", Operator::Equal),
    ("NotEqual", Operator::NotEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
];

/// The severities of an alert.
const SEVERITIES: [(&str, ()); 4] = [("Informational", ()), ("Low", ()), ("Medium", ()), ("High", ())];

/// A file that is read, and what is wrong with it so far.
pub struct Fields<'a> {
    /// The file.
    pub source: &'a Source,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// In a template: the values of its variables and parameters, by expression such as `variables('x')`.
    pub template: Option<HashMap<String, Node>>,
}

impl<'a> Fields<'a> {
    /// Nothing is read yet.
    pub fn new(source: &'a Source) -> Self {
        Fields { source, problems: Vec::new(), template: None }
    }

    /// Notes a problem.
    pub fn problem(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.source.problem(place, message, Some(help.into())));
    }

    /// The value of the first of `keys` that is there and not null. In a template, a variable is replaced by its value.
    pub fn value<'n>(&self, node: &'n Node, keys: &[&str]) -> Option<&'n Node> {
        named(node, keys).map(|(_, value)| value)
    }

    /// The text of a scalar.
    pub fn text(&mut self, node: &Node, keys: &[&str]) -> Option<Placed<String>> {
        let (key, value) = named(node, keys)?;
        self.as_text(value, key)
    }

    /// The text of a value; `key` is for the message.
    pub fn as_text(&mut self, value: &Node, key: &str) -> Option<Placed<String>> {
        let value = self.resolved(value);
        let Some(mut text) = value.placed_text() else {
            let message = format!("expected a text for '{key}', not {}", value.noun());
            self.problem(value.place, message, format!("write '{key}: TEXT'"));
            return None;
        };
        if self.template.is_some() && text.value.starts_with("[[") {
            text.value.remove(0);
        }
        Some(text)
    }

    /// The texts of a list. Published rules also have a single text where a list of one is meant.
    pub fn texts(&mut self, node: &Node, keys: &[&str]) -> Vec<Placed<String>> {
        let Some((key, value)) = named(node, keys) else { return Vec::new() };
        let value = self.resolved(value);
        if value.text().is_some() {
            let known = !self.is_expression(&value);
            return self.as_text(&value, key).filter(|text| known && !text.value.is_empty()).into_iter().collect();
        }
        self.list(node, keys).iter().filter_map(|item| self.as_text(item, key)).collect()
    }

    /// The items of a list.
    pub fn list(&mut self, node: &Node, keys: &[&str]) -> Vec<Node> {
        let Some((key, value)) = named(node, keys) else { return Vec::new() };
        let value = self.resolved(value);
        match value.list() {
            Some(items) => items.iter().filter(|item| !item.is_null()).cloned().collect(),
            None if self.is_expression(&value) => Vec::new(),
            None => {
                let message = format!("expected a list for '{key}', not {}", value.noun());
                self.problem(value.place, message, format!("write '{key}: [A, B]'"));
                Vec::new()
            }
        }
    }

    /// The items of a list of maps.
    pub fn maps(&mut self, node: &Node, keys: &[&str]) -> Vec<Node> {
        let mut items = self.list(node, keys);
        items.retain(|item| {
            if item.map().is_none() {
                let message = format!("expected keys and values, not {}", item.noun());
                self.problem(item.place, message, "write '- KEY: VALUE'");
            }
            item.map().is_some()
        });
        items
    }

    /// The entries of a map.
    pub fn entries(&mut self, node: &Node, keys: &[&str]) -> Vec<(Node, Node)> {
        let Some((key, value)) = named(node, keys) else { return Vec::new() };
        let value = self.resolved(value);
        match value.map() {
            Some(entries) => entries.to_vec(),
            None if self.is_expression(&value) => Vec::new(),
            None => {
                let message = format!("expected keys and values for '{key}', not {}", value.noun());
                self.problem(value.place, message, format!("write '{key}: {{KEY: VALUE}}'"));
                Vec::new()
            }
        }
    }

    /// The texts of a map.
    pub fn pairs(&mut self, node: &Node, keys: &[&str]) -> Vec<(Placed<String>, Placed<String>)> {
        let mut pairs = Vec::new();
        for (key, value) in self.entries(node, keys) {
            let Some(key) = key.placed_text() else { continue };
            if value.is_null() {
                continue;
            }
            if let Some(value) = self.as_text(&value, &key.value) {
                pairs.push((key, value));
            }
        }
        pairs
    }

    /// A duration in ticks of 100 ns.
    pub fn duration(&mut self, node: &Node, keys: &[&str]) -> Option<Placed<i64>> {
        let (_, text) = self.known_text(node, keys)?;
        match duration::ticks(&text.value) {
            Some(value) => Some(Placed { value, place: text.place }),
            None => {
                self.problem(text.place, not_a(&text.value, "duration"), "write it as 1d, 5h, 30m or PT5M");
                None
            }
        }
    }

    /// A number, 0 or more.
    pub fn number(&mut self, node: &Node, keys: &[&str]) -> Option<Placed<u64>> {
        let (_, text) = self.known_text(node, keys)?;
        match text.value.trim().parse() {
            Ok(value) => Some(Placed { value, place: text.place }),
            Err(_) => {
                self.problem(
                    text.place,
                    not_a(&text.value, "whole number, 0 or more"),
                    "write a number such as 0 or 5",
                );
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, node: &Node, keys: &[&str]) -> Option<bool> {
        self.word(node, keys, &[("true", true), ("false", false)]).map(|word| word.value)
    }

    /// One of a set of words, in any letter case.
    pub fn word<T: Copy>(&mut self, node: &Node, keys: &[&str], words: &[(&str, T)]) -> Option<Placed<T>> {
        let (key, text) = self.known_text(node, keys)?;
        let value = self.choice(&text, key, words)?;
        Some(Placed { value, place: text.place })
    }

    /// One of a set of words, in any letter case.
    pub fn choice<T: Copy>(&mut self, text: &Placed<String>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let wrong = text.value.trim();
        if let Some((_, value)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(wrong)) {
            return Some(*value);
        }
        let help = match kql_parser::suggest(wrong, words.iter().map(|(word, _)| *word)) {
            Some(word) => format!("did you mean '{word}'?"),
            None => {
                let words: Vec<_> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
                let (last, others) = words.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
                format!("use {} or {last}", others.join(", "))
            }
        };
        self.problem(text.place, format!("'{wrong}' is not a valid value of '{key}'"), help);
        None
    }

    /// A severity, as written.
    pub fn severity(&mut self, node: &Node, keys: &[&str]) -> Option<Placed<String>> {
        let (key, text) = self.known_text(node, keys)?;
        self.a_severity(&text, key)
    }

    /// The text if it is a severity.
    pub fn a_severity(&mut self, text: &Placed<String>, key: &str) -> Option<Placed<String>> {
        self.choice(text, key, &SEVERITIES).map(|()| text.clone())
    }

    /// A text and its key; `None` if it is an expression of a template, whose value is not known.
    fn known_text<'k>(&mut self, node: &Node, keys: &[&'k str]) -> Option<(&'k str, Placed<String>)> {
        let (key, value) = named(node, keys)?;
        let value = self.resolved(value);
        if self.is_expression(&value) {
            return None;
        }
        Some((key, self.as_text(&value, key)?))
    }

    /// In a template, the value of a variable or parameter that a node names; else the node.
    fn resolved(&self, node: &Node) -> Node {
        let named = || self.template.as_ref()?.get(node.text()?.strip_prefix('[')?.strip_suffix(']')?.trim());
        named().unwrap_or(node).clone()
    }

    /// Whether a value is an expression of a template.
    fn is_expression(&self, node: &Node) -> bool {
        self.template.is_some()
            && node.text().is_some_and(|t| t.starts_with('[') && !t.starts_with("[[") && t.ends_with(']'))
    }

    /// The query of a rule.
    pub fn query(&mut self, node: &Node) -> Option<QueryText> {
        let node = self.resolved(node);
        let Kind::Scalar { text, lines, .. } = &node.kind else {
            let message = format!("expected a text for the query, not {}", node.noun());
            self.problem(node.place, message, "write 'query: |' and the query in the lines below, indented");
            return None;
        };
        if self.is_expression(&node) {
            let message = "the query is an expression of the template, which is not evaluated";
            self.problem(node.place, message, "write the query as text");
            return None;
        }
        if text.trim().is_empty() {
            self.problem(node.place, "the query is empty", "write a query");
            return None;
        }
        let (mut text, mut lines) = (text.clone(), lines.clone());
        if self.template.is_some() && text.starts_with("[[") {
            text.remove(0);
            lines.first_mut().into_iter().for_each(|line| *line += 1);
        }
        let first = lines.first().copied().unwrap_or(node.place.start);
        let first_line = self.source.line(first);
        Some(QueryText { text, lines, first_line })
    }
}

/// The first of `keys` that is there and not null, and its value.
fn named<'k, 'n>(node: &'n Node, keys: &[&'k str]) -> Option<(&'k str, &'n Node)> {
    keys.iter().find_map(|key| node.get(key).filter(|value| !value.is_null()).map(|value| (*key, value)))
}

/// "'x' is not a duration"
fn not_a(text: &str, what: &str) -> String {
    format!("'{}' is not a {what}", text.trim())
}
