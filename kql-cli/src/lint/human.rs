//! Findings for people: each with its source line.

use crate::diagnostics::position;
use crate::words::plural;
use kql_detection::Place;
use kql_detection::lint::{Finding, Level, LintReport};
use kql_output::diagnostics::{Finding as Shown, Weight};
use kql_parser::{Label, Span};
use std::fmt::Write;

/// The findings, and a line that counts them.
pub fn report(reports: &[LintReport], colours: bool) -> String {
    let mut out = String::new();
    for report in reports {
        for finding in &report.findings {
            out.push_str(&one(report, finding, colours));
        }
    }
    let all = || reports.iter().flat_map(|report| &report.findings);
    let count = |level: Level| all().filter(|finding| finding.level == level).count();
    let queries: usize = reports.iter().map(|report| report.queries).sum();
    let (errors, warnings, notes) = (count(Level::Error), count(Level::Warning), count(Level::Note));
    let fixable = all().filter(|finding| finding.fix.is_some()).count();
    let queries = if queries == 1 { "1 query".to_owned() } else { format!("{queries} queries") };
    let _ = write!(out, "{queries}: ");
    if errors + warnings + notes == 0 {
        out.push_str("nothing found\n");
        return out;
    }
    let parts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, one)| plural(n as u64, one)).collect();
    let _ = write!(out, "{}", parts.join(", "));
    if fixable > 0 {
        let _ = write!(out, "; --fix mends {fixable}");
    }
    out.push('\n');
    out
}

fn one(report: &LintReport, finding: &Finding, colours: bool) -> String {
    let span = |place: Place| Span { start: position(place.start), end: position(place.end) };
    let labels: Vec<Label> =
        finding.labels.iter().map(|(place, text)| Label { span: span(*place), text: text.clone() }).collect();
    let shown = Shown {
        weight: match finding.level {
            Level::Error => Weight::Error,
            Level::Warning => Weight::Warning,
            Level::Note | Level::Off => Weight::Note,
        },
        code: Some(finding.rule.name),
        message: &finding.message,
        span: span(finding.place),
        labels: &labels,
        help: finding.help.as_deref(),
    };
    let file = report.file.to_string_lossy();
    let path = match finding.in_query {
        // the file has the query in another form, so the query's own lines are shown
        true => format!("{file}:{}: query of '{}'", finding.line, kql_detection::visible(&finding.title)),
        false => file.into_owned(),
    };
    shown.render(&finding.source, &path, colours)
}
