//! Finds test files and the rules they test.

use super::foreign::{self, is_regression, rule_of_regression};
use crate::problem::{Problem, Source};
use std::path::{Path, PathBuf};

/// A file with tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestPath {
    /// A test file.
    File(PathBuf),
    /// A rule's own file, which has the key `tests`.
    Rule(PathBuf),
    /// A Markdown page, and the number of a query in it that has a result, from 0.
    Page(PathBuf, usize),
}

impl TestPath {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            TestPath::File(path) | TestPath::Rule(path) | TestPath::Page(path, _) => path,
        }
    }
}

/// Whether a file is a test file by its name.
pub(crate) fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

/// The test files of a path: the file itself, those beside a rule's file, or those in a folder and its folders.
///
/// # Errors
/// The path does not exist, or has no tests.
pub fn test_files(path: &Path) -> Result<Vec<TestPath>, Problem> {
    let whole = |message: String| Source::new(path, "").whole(message);
    if !path.exists() {
        return Err(whole("the file does not exist".to_owned()));
    }
    let mut found = Vec::new();
    if path.is_dir() {
        folder(if path == Path::new(".") { Path::new("") } else { path }, &mut found, 0);
        found.sort_by(|a, b| a.path().cmp(b.path()));
        if found.is_empty() {
            return Err(whole("the folder has no tests: a test file is named RULE.test.yaml".to_owned()));
        }
    } else if is_test_file(path) || is_regression(path) {
        found.push(TestPath::File(path.to_owned()));
    } else {
        found.extend(pages(path));
        found.extend(beside(path).map(TestPath::File));
        if has_tests(path) {
            found.push(TestPath::Rule(path.to_owned()));
        }
        if found.is_empty() {
            let expected = path.with_extension("test.yaml");
            let expected = expected.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return Err(Problem {
                help: Some(format!("write its tests to {expected}, or to the key 'tests' of a rule in YAML")),
                ..whole("the rule has no tests".to_owned())
            });
        }
    }
    Ok(found)
}

/// How deep folders are looked into.
const DEEPEST: usize = 32;

fn folder(path: &Path, found: &mut Vec<TestPath>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(if path.as_os_str().is_empty() { Path::new(".") } else { path }) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = path.join(entry.file_name());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        match entry.file_type() {
            Ok(ty) if ty.is_dir() && !hidden && depth < DEEPEST => folder(&path, found, depth + 1),
            Ok(ty) if ty.is_dir() => {}
            _ if is_test_file(&path) => found.push(TestPath::File(path)),
            _ if is_regression(&path) => found.push(TestPath::File(path)),
            _ if has_tests(&path) => found.push(TestPath::Rule(path)),
            _ => found.extend(pages(&path)),
        }
    }
}

/// A rule's file can have tests of its own.
fn has_tests(path: &Path) -> bool {
    let is_yaml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"));
    if !is_yaml || std::fs::metadata(path).map_or(true, |data| data.len() > 4 << 20) {
        return false;
    }
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let starts = |line: &str| line.starts_with("tests:") || line.starts_with("Tests:");
    text.lines().any(starts) && text.lines().any(|line| line.starts_with("query"))
}

/// The queries of a Markdown page that have a result.
fn pages(path: &Path) -> Vec<TestPath> {
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
        return Vec::new();
    }
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    (0..foreign::blocks(path, &text)).map(|number| TestPath::Page(path.to_owned(), number)).collect()
}

/// The test file of a rule: its name with `.test.yaml` for its extension.
fn beside(rule: &Path) -> Option<PathBuf> {
    ["test.yaml", "test.yml"].into_iter().map(|e| rule.with_extension(e)).find(|path| path.is_file())
}

/// The rule of a test file that names none: the file of the same stem.
pub fn rule_path(test: &Path) -> Option<PathBuf> {
    let name = test.file_name()?.to_string_lossy().into_owned();
    if is_regression(test) {
        return rule_of_regression(test);
    }
    let stem = name.strip_suffix(".test.yaml").or_else(|| name.strip_suffix(".test.yml"))?;
    let path = |extension: &str| test.with_file_name(format!("{stem}.{extension}"));
    let extensions = ["yaml", "yml", "kql", "csl", "json", "md", "txt"];
    let there: Vec<PathBuf> = extensions.into_iter().map(path).filter(|path| path.is_file()).collect();
    // a rule of Sigma can have the same name as the query that was made of it
    let has_query = |path: &&PathBuf| {
        let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        !is_yaml || std::fs::read_to_string(path).is_ok_and(|text| text.contains("query"))
    };
    there.iter().find(has_query).or(there.first()).cloned()
}
