//! Reads values of a test file, and collects what is wrong with them.

use super::model::TestFile;
use crate::problem::{Place, Placed, Problem, Source};
use crate::yaml::Node;
use std::path::{Path, PathBuf};

/// Reads values and collects what is wrong with them.
pub(super) struct Reader<'s> {
    pub source: &'s Source,
    pub problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    pub fn new(source: &'s Source) -> Reader<'s> {
        Reader { source, problems: Vec::new() }
    }

    /// The file, if nothing is wrong with it.
    pub fn finish(mut self, file: TestFile) -> Result<TestFile, Vec<Problem>> {
        self.problems.sort_by_key(|problem| problem.place);
        if self.problems.is_empty() { Ok(file) } else { Err(self.problems) }
    }

    pub fn problem(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.problems.push(self.source.problem(place, message, help));
    }

    /// Reports keys that are not known.
    pub fn keys(&mut self, node: &Node, known: &[&str], what: &str) {
        for (key, _) in node.map().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let help = match kql_parser::suggest(name, known.iter().copied()) {
                    Some(like) => format!("did you mean '{like}'?"),
                    None => format!("the keys are {}", known.join(", ")),
                };
                self.problem(key.place, format!("'{name}' is not a key of {what}"), Some(help));
            }
        }
    }

    /// The text of a scalar.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Placed<String>> {
        let text = node.placed_text().filter(|_| !node.is_null());
        if text.is_none() {
            self.problem(node.place, format!("expected {what}, not {}", node.noun()), None);
        }
        text
    }

    /// A path, relative to the folder of the test file.
    pub fn path(&mut self, node: &Node) -> Option<Placed<PathBuf>> {
        let text = self.text(node, "the path of a file")?;
        Some(Placed { value: self.beside(&text.value), place: text.place })
    }

    /// A path as it is meant in this file.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.source.file.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The entries of a map, with their keys.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(Placed<String>, &'n Node)> {
        let Some(entries) = node.map() else {
            if !node.is_null() {
                self.problem(node.place, format!("expected {what}, not {}", node.noun()), None);
            }
            return Vec::new();
        };
        entries.iter().filter_map(|(key, value)| Some((key.placed_text()?, value))).collect()
    }

    /// A list; one value is a list of one.
    pub fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match node.list() {
            Some(items) => items,
            None if node.is_null() => &[],
            None => std::slice::from_ref(node),
        }
    }
}
