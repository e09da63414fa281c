//! What mutants say about tests, for people and as JSON.

use super::text::{Look, ReportFormat, plural};
use crate::check::MutationReport;
use crate::mutants::Mutant;
use serde_json::{Value, json};
use std::fmt::Write;

/// The mutants of rules and which of them live, as JSON if the format is that, else for people.
pub fn mutation_report(reports: &[MutationReport], format: ReportFormat, look: Look) -> String {
    if format == ReportFormat::Json { as_json(reports) } else { human(reports, look) }
}

fn human(reports: &[MutationReport], look: Look) -> String {
    let paint = |code: &str, text: &str| {
        if look.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = String::new();
    for report in reports {
        let lived = report.survivors.len();
        let all = report.killed.len() + lived + report.unreached.len();
        let sign = if lived + report.unreached.len() == 0 { paint("32", "ok") } else { paint("33", "open") };
        let _ = writeln!(
            out,
            "{sign} {}: {} of {} killed",
            report.file.display(),
            report.killed.len(),
            plural(all, "mutant")
        );
        for survivor in &report.survivors {
            let place = line(report, &survivor.mutant);
            let _ = writeln!(out, "  line {place}: no test notices: {}", survivor.mutant.describes);
            for line in survivor.mutant.diff(&report.query).lines() {
                let line = match line.chars().next() {
                    Some('-') => paint("31", line),
                    Some('+') => paint("32", line),
                    _ => line.to_owned(),
                };
                let _ = writeln!(out, "    {line}");
            }
            if let Some((row, is_hit)) = &survivor.killer {
                let word = if *is_hit { "hit" } else { "miss" };
                let _ = writeln!(out, "    a {word} that would kill it: {row}");
            }
        }
        for mutant in &report.unreached {
            let _ = writeln!(out, "  line {}: not reached by tests: {}", line(report, mutant), mutant.describes);
        }
    }
    if reports.len() > 1 {
        let killed: usize = reports.iter().map(|report| report.killed.len()).sum();
        let lived: usize = reports.iter().map(|report| report.survivors.len() + report.unreached.len()).sum();
        let _ = writeln!(out, "{killed} of {} killed in {} rules", plural(killed + lived, "mutant"), reports.len());
    }
    out
}

/// The line of the rule's file.
fn line(report: &MutationReport, mutant: &Mutant) -> usize {
    // what is removed can begin with the comma at the end of the line before
    let start = mutant.edits.first().map_or(mutant.at.start, |(span, _)| {
        let text = span.text(&report.query);
        let blank = text.len() - text.trim_start_matches([',', ' ', '\t', '\r', '\n']).len();
        span.start + u32::try_from(blank).unwrap_or(0)
    });
    crate::check::line(&report.query, start) + report.first_line - 1
}

fn as_json(reports: &[MutationReport]) -> String {
    let rules: Vec<Value> = reports
        .iter()
        .map(|report| {
            let object = |mutant: &Mutant| {
                json!({
                    "kind": mutant.kind.name(), "line": line(report, mutant), "start": mutant.at.start,
                    "end": mutant.at.end, "what": mutant.describes, "diff": mutant.diff(&report.query),
                })
            };
            let survivors: Vec<Value> = report
                .survivors
                .iter()
                .map(|survivor| {
                    let mut value = object(&survivor.mutant);
                    let killer = survivor.killer.as_ref().map(|(row, hit)| json!({ "row": row, "hit": hit }));
                    value["killer"] = killer.unwrap_or(Value::Null);
                    value
                })
                .collect();
            let unreached: Vec<Value> = report.unreached.iter().map(object).collect();
            json!({
                "file": report.file, "rule": report.rule, "killed": report.killed.len(),
                "equivalent": report.equivalent.len(), "invalid": report.invalid.len(),
                "survivors": survivors, "unreached": unreached,
            })
        })
        .collect();
    format!("{}\n", json!({ "rules": rules }))
}
