//! The result of a hunt as text.

use super::outcome::{HuntOutcome, SEVERITIES, Status, severity};
use crate::visible::visible;
use kql_parser::time;
use std::fmt::Write;

/// The result as text for a person: the hits, the highest severity first, then what did not run, then how many rules had no
/// hit.
pub fn summary(outcome: &HuntOutcome) -> String {
    let mut out = String::new();
    let mut hits: Vec<_> = outcome.hits().collect();
    hits.sort_by_key(|(rule, hit)| (rank(severity(&rule.rule)), std::cmp::Reverse(hit.rows)));
    if !hits.is_empty() {
        let rows: Vec<[String; 5]> = hits
            .iter()
            .map(|(rule, hit)| {
                [
                    severity(&rule.rule).to_owned(),
                    hit.rows.to_string(),
                    hit.first.map_or_else(|| "-".to_owned(), seconds),
                    hit.last.map_or_else(|| "-".to_owned(), seconds),
                    visible(&rule.rule.name),
                ]
            })
            .collect();
        table(&mut out, ["Severity", "Rows", "First", "Last", "Rule"], &rows);
        out.push('\n');
    }
    for rule in &outcome.rules {
        if let Status::Refused(refusal) = &rule.status {
            let line = refusal.line.map_or_else(String::new, |line| format!(":{line}"));
            let (name, file) = (visible(&rule.rule.name), visible(&rule.rule.file.to_string_lossy()));
            let _ = writeln!(out, "not run: {name} ({file}{line}): {}", visible(&refusal.reason));
        }
    }
    for problem in &outcome.problems {
        let _ = writeln!(out, "not read: {}", visible(&problem.to_string()));
    }
    for table in &outcome.tables {
        if let Some(error) = &table.error {
            let _ = writeln!(out, "not read: table {}: {}", visible(&table.name), visible(error));
        }
    }
    let _ = writeln!(out, "{}", counts(outcome));
    out
}

/// `3 of 40 rules hit (1 High, 2 Medium); 30 without a hit, 5 without data, 2 could not run.`
pub(super) fn counts(outcome: &HuntOutcome) -> String {
    let all = outcome.rules.len();
    let hits = outcome.count("hit");
    let mut by_severity = Vec::new();
    for name in SEVERITIES {
        let count = outcome.hits().filter(|(rule, _)| severity(&rule.rule) == name).count();
        if count > 0 {
            by_severity.push(format!("{count} {}", if name == "none" { "without severity" } else { name }));
        }
    }
    let severities = if by_severity.is_empty() { String::new() } else { format!(" ({})", by_severity.join(", ")) };
    let (none, no_data) = (outcome.count("no_hit"), outcome.count("no_data"));
    let rules = if all == 1 { "rule" } else { "rules" };
    format!(
        "{hits} of {all} {rules} hit{severities}; {none} without a hit, {no_data} without data, {} could not run.",
        all - hits - none - no_data
    )
}

pub(super) fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|name| *name == severity).unwrap_or(SEVERITIES.len())
}

/// A time as cells of results have it: `2026-03-10T12:00:00.5Z`.
pub(crate) fn iso(ticks: i64) -> String {
    let mut text = String::new();
    kql_engine::time::datetime_short(ticks, &mut text);
    text
}

/// A time without parts of a second.
pub(super) fn seconds(ticks: i64) -> String {
    let text = time::datetime_text(ticks);
    let whole = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    format!("{}Z", whole.replace('T', " "))
}

fn table<const N: usize>(out: &mut String, head: [&str; N], rows: &[[String; N]]) {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |out: &mut String, cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (cell, width) in cells.zip(widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    line(out, &mut head.into_iter());
    for row in rows {
        line(out, &mut row.iter().map(String::as_str));
    }
}
