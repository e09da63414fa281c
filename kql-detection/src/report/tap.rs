//! Reports in the Test Anything Protocol, version 14.

use super::text::said;
use crate::check::FileReport;
use std::fmt::Write;

pub(super) fn report(reports: &[FileReport]) -> String {
    let total: usize = reports.iter().map(|report| report.verdicts.len() + report.problems.len()).sum();
    let mut out = format!("TAP version 14\n1..{total}\n");
    let mut number = 0;
    for report in reports {
        let file = report.file.display();
        for problem in &report.problems {
            number += 1;
            let _ = writeln!(out, "not ok {number} - {file}");
            block(&mut out, &problem.to_string(), problem.line(), "");
        }
        for verdict in &report.verdicts {
            number += 1;
            let word = if verdict.passed() { "ok" } else { "not ok" };
            // these two characters would begin a directive or an escape
            let name = verdict.name.replace('\\', "\\\\").replace('#', "\\#").replace(['\n', '\r'], " ");
            let _ = writeln!(out, "{word} {number} - {file}: {name}");
            for said in said(verdict, &report.file) {
                block(&mut out, &said.summary, Some(said.line), &said.details);
            }
        }
    }
    out
}

/// The YAML block of a test that failed. JSON is YAML.
fn block(out: &mut String, message: &str, line: Option<usize>, details: &str) {
    let quoted = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
    let _ = writeln!(out, "  ---\n  message: {}", quoted(message));
    if let Some(line) = line {
        let _ = writeln!(out, "  line: {line}");
    }
    if !details.is_empty() {
        let _ = writeln!(out, "  details: {}", quoted(details));
    }
    out.push_str("  ...\n");
}
