//! Tests of detections.

use kql_detection::{FileReport, Look, Outcome, ReportFormat, Session, SessionOptions, TestPath, report, test_files};
use pyo3::prelude::*;
use std::path::PathBuf;

/// A test: its name, its line, how it ended (`passed`, `failed`, `refused`), and the report of it.
type Ended = (String, usize, &'static str, String);

/// The test files of a path: a file of tests or a rule, or a folder of them.
fn found(path: &std::path::Path) -> Result<Vec<TestPath>, String> {
    test_files(path).map_err(|problem| problem.to_string())
}

/// The number of files of tests that a path has: 1 for a file with tests, 0 for a rule without any.
#[pyfunction]
pub fn detection_files(py: Python<'_>, path: PathBuf) -> usize {
    py.detach(|| found(&path).map_or(0, |files| files.len()))
}

/// Runs the tests of a file.
#[pyfunction]
#[pyo3(signature = (path, update = false))]
pub fn run_detections(py: Python<'_>, path: PathBuf, update: bool) -> Vec<Ended> {
    py.detach(|| {
        let files = match found(&path) {
            Ok(files) => files,
            Err(message) => return vec![("file".to_owned(), 1, "refused", message)],
        };
        let engine = match crate::fork::shared() {
            Ok(engine) => engine,
            Err(error) => return vec![("file".to_owned(), 1, "refused", error.to_string())],
        };
        let session = Session::new(engine, SessionOptions { filter: None, update });
        files.iter().flat_map(|file| ended(&session.run(file))).collect()
    })
}

fn ended(whole: &FileReport) -> Vec<Ended> {
    let look = Look { colours: false, verbose: false };
    if !whole.problems.is_empty() {
        let line = whole.problems.iter().find_map(|problem| problem.line()).unwrap_or(1);
        return vec![(
            "file".to_owned(),
            line,
            "refused",
            report(std::slice::from_ref(whole), ReportFormat::Human, look),
        )];
    }
    let one = |verdict: &kql_detection::Verdict| {
        let outcome = match verdict.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed(_) => "failed",
            Outcome::Refused(_) => "refused",
        };
        let alone = FileReport { verdicts: vec![verdict.clone()], ..whole.clone() };
        let text = if verdict.passed() { String::new() } else { report(&[alone], ReportFormat::Human, look) };
        (verdict.name.clone(), verdict.line, outcome, text)
    };
    whole.verdicts.iter().map(one).collect()
}
