//! Findings as text for programs.

mod github;
mod json;
mod sarif;

use super::level::Topic;
use super::linter::LintReport;
use super::rules::RULES;
use std::fmt::Write;

/// The formats for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintFormat {
    /// One JSON object per finding and line.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
    /// Workflow commands of GitHub, which mark lines of a pull request.
    Github,
}

/// The findings of a run as one text.
pub fn lint_report(reports: &[LintReport], format: LintFormat) -> String {
    match format {
        LintFormat::Json => json::report(reports),
        LintFormat::Sarif => sarif::report(reports),
        LintFormat::Github => github::report(reports),
    }
}

/// The table of all rules for the documentation, a part for each topic.
pub fn rules_table() -> String {
    let mut out = String::new();
    for topic in Topic::ALL {
        let _ = writeln!(out, "### {}\n", capital(topic.name()));
        out.push_str("| rule | level | `--fix` | what it finds |\n| --- | --- | --- | --- |\n");
        for rule in RULES.iter().filter(|rule| rule.topic == topic) {
            let fix = if rule.is_fixable { "yes" } else { "" };
            let _ = writeln!(out, "| [{0}]({0}.md) | {1} | {fix} | {2} |", rule.name, rule.level, rule.summary);
        }
        out.push('\n');
    }
    out
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
