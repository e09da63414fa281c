//! What all formats of reports share.

use crate::check::{Outcome, Verdict};
use crate::visible::visible_lines;
use std::path::Path;

/// The formats of a test report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// Text for people.
    Human,
    /// One JSON object.
    Json,
    /// JUnit's XML, which build servers read.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// Workflow commands of GitHub, which mark lines of a pull request.
    Github,
}

/// How text for people looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether it has colours.
    pub colours: bool,
    /// Whether tests that passed are listed.
    pub verbose: bool,
}

/// What a test has to say if it did not pass: the line, a sentence, and details.
pub(super) struct Said {
    /// The line of the test file.
    pub line: usize,
    /// A sentence.
    pub summary: String,
    /// Rows that differ, and the like.
    pub details: String,
}

/// What a test has to say, one after the other.
pub(super) fn said(verdict: &Verdict, file: &Path) -> Vec<Said> {
    match &verdict.outcome {
        Outcome::Passed => Vec::new(),
        Outcome::Failed(failures) => failures
            .iter()
            .map(|f| Said { line: f.line, summary: visible_lines(&f.summary), details: visible_lines(&f.details) })
            .collect(),
        Outcome::Refused(problems) => problems
            .iter()
            .map(|p| {
                let own = p.file == *file;
                let help = p.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
                let summary = if own { format!("{}{help}", p.message) } else { p.to_string() };
                let line = p.line().filter(|_| own).unwrap_or(verdict.line);
                Said { line, summary: visible_lines(&summary), details: String::new() }
            })
            .collect(),
    }
}

/// "1 test", "2 tests"
pub(super) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
