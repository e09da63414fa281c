//! Reports for people.

use super::text::{Look, plural, said};
use crate::check::{FileReport, Outcome};
use crate::visible::visible;
use std::fmt::Write;
use std::time::Duration;

pub(super) fn report(reports: &[FileReport], look: Look) -> String {
    let paint = |code: &str, text: &str| {
        if look.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = String::new();
    let (mut passed, mut failed, mut refused, mut took) = (0, 0, 0, Duration::ZERO);
    for report in reports {
        let sign = match (report.at_fault(), report.failed()) {
            (false, 0) => paint("32", "ok"),
            (true, _) => paint("31", "ERROR"),
            _ => paint("31", "FAILED"),
        };
        let count = plural(report.verdicts.len(), "test");
        let _ = writeln!(out, "{sign} {} ({count})", report.file.display());
        for problem in &report.problems {
            refused += 1;
            let _ = writeln!(out, "  {}", indented(&problem.to_string()));
        }
        for verdict in &report.verdicts {
            took += verdict.took;
            match &verdict.outcome {
                Outcome::Passed => passed += 1,
                Outcome::Failed(_) => failed += 1,
                Outcome::Refused(_) => refused += 1,
            }
            if verdict.passed() {
                if look.verbose {
                    let _ = writeln!(out, "  {} {}", paint("32", "ok"), visible(&verdict.name));
                }
                continue;
            }
            let word = if matches!(verdict.outcome, Outcome::Refused(_)) { "ERROR" } else { "FAILED" };
            let _ = writeln!(out, "  {} {}", paint("31", word), paint("1", &visible(&verdict.name)));
            for said in said(verdict, &report.file) {
                let _ = writeln!(out, "    {}:{}: {}", report.file.display(), said.line, said.summary);
                for line in said.details.lines() {
                    let line = match line.chars().next() {
                        Some('-') => paint("31", line),
                        Some('+') => paint("32", line),
                        _ => line.to_owned(),
                    };
                    let _ = writeln!(out, "      {line}");
                }
            }
        }
        for path in &report.updated {
            let _ = writeln!(out, "  wrote {}", path.display());
        }
    }
    let mut parts = vec![format!("{passed} passed")];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if refused > 0 {
        parts.push(plural(refused, "error"));
    }
    let _ = writeln!(out, "{} in {}, {:.2} s", parts.join(", "), plural(reports.len(), "file"), took.as_secs_f64());
    out
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}
