//! Verdicts as text: for people, and in the formats of build servers.

mod github;
mod human;
mod json;
mod junit;
mod mutation;
mod tap;

pub use mutation::mutation_report;

use crate::check::FileReport;

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

/// The reports of a run as one text.
pub fn report(reports: &[FileReport], format: ReportFormat, look: Look) -> String {
    match format {
        ReportFormat::Human => human::report(reports, look),
        ReportFormat::Json => json::report(reports),
        ReportFormat::Junit => junit::report(reports),
        ReportFormat::Tap => tap::report(reports),
        ReportFormat::Github => github::report(reports),
    }
}

/// What a test has to say if it did not pass: the line, a sentence, and details.
struct Said {
    line: usize,
    summary: String,
    details: String,
}

fn said(verdict: &crate::check::Verdict, file: &std::path::Path) -> Vec<Said> {
    use crate::check::Outcome;
    match &verdict.outcome {
        Outcome::Passed => Vec::new(),
        Outcome::Failed(failures) => failures
            .iter()
            .map(|f| Said { line: f.line, summary: f.summary.clone(), details: f.details.clone() })
            .collect(),
        Outcome::Refused(problems) => problems
            .iter()
            .map(|p| {
                let own = p.file == *file;
                let help = p.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
                let summary = if own { format!("{}{help}", p.message) } else { p.to_string() };
                let line = p.line().filter(|_| own).unwrap_or(verdict.line);
                Said { line, summary, details: String::new() }
            })
            .collect(),
    }
}

/// "1 test", "2 tests"
fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
