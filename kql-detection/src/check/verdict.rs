//! What a test says in the end.

use crate::problem::{Place, Problem};
use std::path::PathBuf;
use std::time::Duration;

/// The verdicts of a test file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The test file.
    pub file: PathBuf,
    /// The name of the rule.
    pub rule: String,
    /// One for each test; each row of `hit` and `miss` is a test of its own.
    pub verdicts: Vec<Verdict>,
    /// What is wrong with the files; then there are no verdicts.
    pub problems: Vec<Problem>,
    /// The snapshots that were written.
    pub updated: Vec<PathBuf>,
}

/// The verdict of a test.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The name of the test.
    pub name: String,
    /// Where it is in the file.
    pub place: Place,
    /// Its line in the file, from 1.
    pub line: usize,
    /// What came out.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// What came out of a test.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything is as expected.
    Passed,
    /// Something is not as expected.
    Failed(Vec<Failure>),
    /// The test cannot run.
    Refused(Vec<Problem>),
}

/// Something that is not as expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The place of the expectation in the test file.
    pub place: Place,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// The rows that differ, and where rows were lost, for people.
    pub details: String,
}

impl Verdict {
    /// Whether the test has passed.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }
}

impl FileReport {
    /// The number of tests that passed.
    pub fn passed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.passed()).count()
    }

    /// The number of tests that failed.
    pub fn failed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Failed(_))).count()
    }

    /// Whether a file is at fault: the test file, the rule, or a file of rows.
    pub fn at_fault(&self) -> bool {
        !self.problems.is_empty() || self.verdicts.iter().any(|v| matches!(v.outcome, Outcome::Refused(_)))
    }
}
