//! Findings on standard error, with the source line and the position marked.

use kql_detection::Problem;
use kql_output::diagnostics::Finding;
use kql_parser::{Diagnostic, Severity, Span};
use std::io::IsTerminal;

/// The findings in a text, for standard error.
pub fn render(text: &str, path: &str, diagnostics: &[Diagnostic]) -> String {
    kql_output::diagnostics::render(text, path, diagnostics, std::io::stderr().is_terminal())
}

/// What is wrong with a rule file, for standard error.
pub fn problem(problem: &Problem, severity: Severity) -> String {
    let Some(place) = problem.place else {
        return format!("{}: {problem}\n", if severity == Severity::Error { "error" } else { "warning" });
    };
    let finding = Finding {
        weight: severity.into(),
        code: None,
        message: &problem.message,
        span: Span { start: position(place.start), end: position(place.end) },
        labels: &[],
        help: problem.help.as_deref(),
    };
    finding.render(&problem.text, &problem.file.to_string_lossy(), std::io::stderr().is_terminal())
}

/// A byte of a text as spans count them.
pub fn position(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}
