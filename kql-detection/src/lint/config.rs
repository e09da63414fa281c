//! The configuration file of the linter: which rules are used, and how serious their findings are.
//!
//! ```yaml
//! fail-level: warning
//! rules:
//!   no-time-filter: off
//!   join-without-kind: error
//! ```

use super::level::Level;
use super::lint_rule::LintRule;
use super::rules::{rule_named, unknown_rule};
use crate::problem::{Problem, Source};
use crate::yaml::{self, Node};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The name of the file, in the folder of the queries or one above it.
pub const CONFIG_FILE: &str = ".kql-lint.yaml";

/// The keys of the file.
const KEYS: [&str; 2] = ["fail-level", "rules"];

/// Which rules are used, and how serious their findings are.
#[derive(Clone, Debug, Default)]
pub struct LintConfig {
    levels: HashMap<&'static str, Level>,
    /// The least serious level that fails a run, if the file says so.
    pub fail_level: Option<Level>,
}

impl LintConfig {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// All that is wrong with the file, each with its place and a suggestion.
    pub fn read(path: &Path) -> Result<LintConfig, Vec<Problem>> {
        match std::fs::read_to_string(path) {
            Ok(text) => LintConfig::parse(path, &text),
            Err(error) => Err(vec![Source::new(path, "").whole(format!("cannot be read: {error}"))]),
        }
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(path: &Path, text: &str) -> Result<LintConfig, Vec<Problem>> {
        let source = Source::new(path, text);
        let documents = yaml::read(&source).map_err(|problem| vec![problem])?;
        let mut reader = Reader { source: &source, config: LintConfig::default(), problems: Vec::new() };
        documents.iter().for_each(|document| reader.document(document));
        if reader.problems.is_empty() { Ok(reader.config) } else { Err(reader.problems) }
    }

    /// The configuration file for a path: in its folder, or the nearest folder above it.
    pub fn find(path: &Path) -> Option<PathBuf> {
        let absolute = std::path::absolute(path).ok()?;
        let folder = if absolute.is_dir() { absolute.as_path() } else { absolute.parent()? };
        folder.ancestors().map(|folder| folder.join(CONFIG_FILE)).find(|file| file.is_file())
    }

    /// Sets the level of a rule.
    pub fn set(&mut self, rule: &'static LintRule, level: Level) {
        self.levels.insert(rule.name, level);
    }

    /// The level of a rule's finding, whose own level is given.
    pub fn level(&self, rule: &LintRule, own: Level) -> Level {
        self.levels.get(rule.name).copied().unwrap_or(own)
    }
}

struct Reader<'s> {
    source: &'s Source,
    config: LintConfig,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, node: &Node, message: impl Into<String>, help: Option<String>) {
        self.problems.push(self.source.problem(node.place, message, help));
    }

    fn document(&mut self, document: &Node) {
        if document.is_null() {
            return;
        }
        let Some(entries) = document.map() else {
            self.problem(
                document,
                format!("expected a map, not {}", document.noun()),
                Some("write 'rules:'".to_owned()),
            );
            return;
        };
        for (key, value) in entries {
            match key.text() {
                Some("fail-level") => self.config.fail_level = self.level(value),
                Some("rules") => self.rules(value),
                _ => {
                    let name = key.text().unwrap_or_default();
                    let similar = kql_parser::suggest(name, KEYS.into_iter());
                    let help = similar.map_or_else(
                        || format!("the keys are {}", KEYS.join(" and ")),
                        |similar| format!("did you mean '{similar}'?"),
                    );
                    self.problem(key, format!("the key '{name}' is not known"), Some(help));
                }
            }
        }
    }

    fn rules(&mut self, node: &Node) {
        let Some(entries) = node.map() else {
            if !node.is_null() {
                let help = "write each rule as 'NAME: LEVEL'".to_owned();
                self.problem(node, format!("expected a map, not {}", node.noun()), Some(help));
            }
            return;
        };
        for (key, value) in entries {
            let name = key.text().unwrap_or_default();
            let Some(rule) = rule_named(name) else {
                let (message, help) = unknown_rule(name);
                self.problem(key, message.trim_end_matches('.').to_owned(), help);
                continue;
            };
            if let Some(level) = self.level(value) {
                self.config.set(rule, level);
            }
        }
    }

    fn level(&mut self, node: &Node) -> Option<Level> {
        let text = node.text().unwrap_or_default();
        // YAML reads a plain off as false in some tools; here it is the text
        match text.parse() {
            Ok(level) => Some(level),
            Err(error) => {
                let error: super::level::UnknownLevel = error;
                let message = error.to_string();
                let (message, help) = message.split_once("; ").unwrap_or((&message, ""));
                self.problem(node, message.to_owned(), Some(help.to_owned()));
                None
            }
        }
    }
}
