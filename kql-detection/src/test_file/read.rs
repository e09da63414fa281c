//! Reads test files.

use super::expect::expect;
use super::foreign;
use super::given::{cells, given, parts, row};
use super::model::{Case, Each, Settings, TestFile};
use super::reader::Reader;
use crate::problem::{Placed, Problem, Source};
use crate::yaml::{self, Node};
use std::path::Path;

/// The keys of a test file.
pub(super) const FILE_KEYS: [&str; 10] =
    ["query", "rule", "now", "profile", "params", "tables", "schemas", "functions", "defaults", "tests"];

/// The keys of a test.
pub(super) const CASE_KEYS: [&str; 8] = ["name", "now", "params", "given", "each", "hit", "miss", "expect"];

/// The profiles.
pub(super) const PROFILES: [&str; 3] = ["unified", "sentinel", "defender"];

/// Reads a test file.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read_tests(path: &Path, text: &str) -> Result<TestFile, Vec<Problem>> {
    let source = Source::new(path, text);
    let documents = yaml::read(&source).map_err(|problem| vec![problem])?;
    let [document] = documents.as_slice() else {
        return Err(vec![source.whole("a test file has one document")]);
    };
    let mut reader = Reader::new(&source);
    // a file of SigmaHQ has keys that say nothing about its tests
    if document.get("regression_tests_info").is_none() {
        let panther = document.get("Tests").map(|_| "Tests");
        let keys: Vec<&str> = FILE_KEYS.into_iter().chain(panther).collect();
        reader.keys(document, &keys, "a test file");
    }
    let file = reader.file(document);
    reader.finish(file)
}

/// The tests in a rule's own file; `None` if it has none.
///
/// # Errors
/// Everything that is wrong with the tests.
pub fn tests_of_rule(path: &Path, text: &str) -> Result<Option<TestFile>, Vec<Problem>> {
    let source = Source::new(path, text);
    let Ok(documents) = yaml::read(&source) else { return Ok(None) };
    let Some(document) = documents.iter().find(|d| d.get("tests").or(d.get("Tests")).is_some()) else {
        return Ok(None);
    };
    let mut reader = Reader::new(&source);
    let mut file = reader.file(document);
    file.rule = None;
    reader.finish(file).map(Some)
}

impl Reader<'_> {
    fn file(&mut self, document: &Node) -> TestFile {
        let now = document.get("now").and_then(|node| self.now(node));
        let mut settings = Settings { now, ..Settings::default() };
        if let Some(node) = document.get("profile")
            && let Some(profile) = self.text(node, "a profile")
        {
            if PROFILES.contains(&profile.value.as_str()) {
                settings.profile = Some(profile);
            } else {
                let help = kql_parser::suggest(&profile.value, PROFILES.into_iter())
                    .map_or_else(|| format!("use {}", PROFILES.join(", ")), |like| format!("did you mean '{like}'?"));
                self.problem(profile.place, format!("'{}' is not a profile", profile.value), Some(help));
            }
        }
        settings.params = document.get("params").map(|node| self.values(node)).unwrap_or_default();
        if let Some(node) = document.get("tables") {
            for (table, value) in self.entries(node, "tables and their rows") {
                let parts = parts(self, value);
                settings.tables.push(super::model::Given { table, parts });
            }
        }
        if let Some(node) = document.get("schemas") {
            for item in self.items(node) {
                settings.schemas.extend(self.path(item));
            }
        }
        if let Some(node) = document.get("functions") {
            for item in self.items(node) {
                settings.functions.extend(self.path(item));
            }
        }
        if let Some(node) = document.get("defaults") {
            for (table, value) in self.entries(node, "tables and the values that rows leave out") {
                let cells = cells(self, value);
                settings.defaults.push((table, cells));
            }
        }
        let rule = document.get("rule").or(document.get("query")).and_then(|node| self.path(node));
        if let Some(cases) = foreign::cases(self, document) {
            return TestFile { source: self.source.clone(), rule, settings, cases };
        }
        let mut cases = Vec::new();
        match document.get("tests").map(|node| (node, node.list())) {
            Some((node, Some([]))) => self.problem(node.place, "the file has no tests", None),
            Some((_, Some(list))) => list.iter().enumerate().for_each(|(i, node)| cases.extend(self.case(node, i))),
            Some((node, None)) => {
                self.problem(node.place, format!("expected a list of tests, not {}", node.noun()), None);
            }
            // an unknown key is more likely the one that is misspelt
            None if !self.problems.is_empty() => {}
            None => self.problems.push(self.source.whole("the file has no tests; add the key 'tests' with a list")),
        }
        TestFile { source: self.source.clone(), rule, settings, cases }
    }

    fn now(&mut self, node: &Node) -> Option<Placed<String>> {
        let text = self.text(node, "a datetime")?;
        if kql_parser::time::parse_datetime(&text.value).is_none() {
            let message = format!("'{}' is not a datetime", text.value);
            self.problem(text.place, message, Some("write it as 2026-03-10T12:00:00Z".to_owned()));
            return None;
        }
        Some(text)
    }

    fn values(&mut self, node: &Node) -> Vec<(Placed<String>, Node)> {
        self.entries(node, "names and their values").into_iter().map(|(name, value)| (name, value.clone())).collect()
    }

    fn case(&mut self, node: &Node, index: usize) -> Option<Case> {
        if node.map().is_none() {
            self.problem(node.place, format!("expected a test, not {}", node.noun()), None);
            return None;
        }
        if let Some(case) = foreign::case(self, node, index) {
            return case;
        }
        let before = self.problems.len();
        self.keys(node, &CASE_KEYS, "a test");
        let is_misspelt = self.problems.len() > before;
        let name = match node.get("name") {
            Some(name) => self.text(name, "a name")?,
            None => Placed { value: format!("test {}", index + 1), place: node.place },
        };
        let each = node.get("each").and_then(|table| {
            let table = self.text(table, "the name of a table")?;
            let mut rows = |key: &str| {
                let items = node.get(key).map(|node| self.items(node).to_vec()).unwrap_or_default();
                items.iter().filter_map(|item| row(self, item)).collect::<Vec<_>>()
            };
            Some(Each { table, hit: rows("hit"), miss: rows("miss") })
        });
        let has_rows = each.as_ref().is_some_and(|each| !each.hit.is_empty() || !each.miss.is_empty());
        match (&each, node.get("hit").or(node.get("miss")).filter(|_| each.is_none() || has_rows)) {
            (None, Some(rows)) => {
                let help = "add 'each: TABLE'".to_owned();
                self.problem(rows.place, "'hit' and 'miss' are rows of a table, which 'each' names", Some(help));
            }
            (Some(each), None) => {
                self.problem(each.table.place, "'each' needs rows: 'hit', 'miss' or both", None);
            }
            _ => {}
        }
        let expected = node.get("expect").and_then(|node| expect(self, node));
        match (&each, node.get("expect")) {
            (None, None) if is_misspelt => {}
            (None, None) => {
                let help = "add 'expect', such as 'expect: none'".to_owned();
                self.problem(name.place, "the test does not say what it expects", Some(help));
            }
            (Some(_), Some(expect)) => {
                let message = "a test with 'each' expects what 'hit' and 'miss' say; 'expect' belongs to another test";
                self.problem(expect.place, message, None);
            }
            _ => {}
        }
        Some(Case {
            name,
            now: node.get("now").and_then(|node| self.now(node)),
            params: node.get("params").map(|node| self.values(node)).unwrap_or_default(),
            given: node.get("given").map(|node| given(self, node)).unwrap_or_default(),
            expect: expected,
            each,
        })
    }
}
