//! One JSON object per finding and line.

use crate::lint::lines::place_in_lines;
use crate::lint::linter::{Finding, LintReport};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn report(reports: &[LintReport]) -> String {
    let mut out = String::new();
    for report in reports {
        for finding in &report.findings {
            let (line, column, end_line, end_column) = match finding.in_query {
                // the file has the query in another form: only its line is known
                true => (finding.line, 1, finding.line, 1),
                false => place_in_lines(&finding.source, finding.place),
            };
            let object = json!({
                "file": report.file.to_string_lossy(),
                "rule": finding.rule.name,
                "level": finding.level.name(),
                "message": finding.message,
                "help": finding.help,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
                "start": finding.place.start,
                "end": finding.place.end,
                "in_query": finding.in_query,
                "detection": finding.title,
                "fixable": finding.fix.is_some(),
                "fingerprint": finding.fingerprint,
                "labels": labels(finding),
            });
            let _ = writeln!(out, "{object}");
        }
    }
    out
}

/// The places that explain a finding; none if the file has the query in another form.
fn labels(finding: &Finding) -> Vec<Value> {
    let in_file = finding.labels.iter().filter(|_| !finding.in_query);
    let label = |(place, text): &(crate::problem::Place, String)| {
        let (line, column, ..) = place_in_lines(&finding.source, *place);
        json!({"line": line, "column": column, "text": text})
    };
    in_file.map(label).collect()
}
