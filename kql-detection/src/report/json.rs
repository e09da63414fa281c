//! Reports as JSON.

use super::text::said;
use crate::check::{FileReport, Outcome};
use serde_json::{Value, json};

pub(super) fn report(reports: &[FileReport]) -> String {
    let files: Vec<Value> = reports.iter().map(file).collect();
    let count = |f: fn(&FileReport) -> usize| reports.iter().map(f).sum::<usize>();
    let summary = json!({
        "passed": count(FileReport::passed),
        "failed": count(FileReport::failed),
        "errors": count(errors),
    });
    format!("{}\n", json!({ "files": files, "summary": summary }))
}

/// The number of things that keep tests from running.
fn errors(report: &FileReport) -> usize {
    let refused = report.verdicts.iter().filter(|v| matches!(v.outcome, Outcome::Refused(_))).count();
    report.problems.len() + refused
}

fn file(report: &FileReport) -> Value {
    let tests: Vec<Value> = report
        .verdicts
        .iter()
        .map(|verdict| {
            let outcome = match verdict.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed(_) => "failed",
                Outcome::Refused(_) => "error",
            };
            let failures: Vec<Value> = said(verdict, &report.file)
                .into_iter()
                .map(|said| json!({ "line": said.line, "message": said.summary, "details": said.details }))
                .collect();
            json!({
                "name": verdict.name,
                "line": verdict.line,
                "outcome": outcome,
                "seconds": verdict.took.as_secs_f64(),
                "failures": failures,
            })
        })
        .collect();
    let problems: Vec<Value> = report
        .problems
        .iter()
        .map(|p| json!({ "file": p.file, "line": p.line(), "message": p.message, "help": p.help }))
        .collect();
    json!({ "file": report.file, "rule": report.rule, "tests": tests, "problems": problems, "updated": report.updated })
}
