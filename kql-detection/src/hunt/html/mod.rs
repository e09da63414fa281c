//! The result of a hunt as a page without other files.
//!
//! ```text
//! style.rs     its style sheet and its script      escape.rs   texts in it
//! matrix.rs    tactics and techniques              timeline.rs when rules hit
//! hit.rs       a rule that hit, with its rows            shown.rs    what these have in common
//! ```

mod escape;
mod hit;
mod matrix;
mod shown;
mod style;
mod timeline;

use super::outcome::{HuntOutcome, RuleOutcome, SEVERITIES, Status, severity};
use super::text::{rank, seconds};
use escape::escaped;
use shown::{Shown, class, grouped};
use std::fmt::Write;

/// The cells of rows on a page; each hit has its share of them.
const CELLS: usize = 60_000;

/// The page. It loads nothing, and runs no script but its own.
pub fn page(outcome: &HuntOutcome) -> String {
    let mut hits: Vec<_> = outcome.hits().map(|(rule, hit)| (severity(&rule.rule), rule, hit)).collect();
    hits.sort_by_key(|(severity, _, hit)| (rank(severity), std::cmp::Reverse(hit.rows)));
    let hits: Vec<Shown> =
        hits.into_iter().enumerate().map(|(at, (severity, rule, hit))| Shown { at, rule, hit, severity }).collect();
    let mut out = String::with_capacity(1 << 16);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Hunt: {} of {} rules hit</title><style>{}</style></head><body>\n\
         <a class=\"skip\" href=\"#hits\">Skip to the hits</a>\n<header><h1>Hunt</h1>\n",
        hits.len(),
        outcome.rules.len(),
        style::STYLE
    );
    head(&mut out, outcome);
    out.push_str("</header>\n<main>\n");
    severities(&mut out, &hits);
    if !hits.is_empty() {
        matrix::add(&mut out, &hits);
        timeline::add(&mut out, &hits);
    }
    let _ = writeln!(out, "<section id=\"hits\"><h2>Rules that hit <small>{}</small></h2>", hits.len());
    if hits.is_empty() {
        out.push_str("<p>No rule found anything.</p>\n");
    } else {
        out.push_str(
            "<p class=\"tools\"><label>Filter <input id=\"filter\" type=\"search\" autocomplete=\"off\" \
             placeholder=\"name, technique, entity\"></label> <button id=\"open\" type=\"button\">Open all</button> \
             <button id=\"close\" type=\"button\">Close all</button> <span id=\"count\" role=\"status\"></span></p>\n",
        );
    }
    let share = CELLS / hits.len().max(1);
    let range = timeline::range(&hits);
    for shown in &hits {
        hit::add(&mut out, shown, share, range);
    }
    out.push_str("</section>\n");
    others(&mut out, outcome);
    let _ = writeln!(out, "</main>\n<script>{}</script></body></html>", style::SCRIPT);
    out
}

fn head(out: &mut String, outcome: &HuntOutcome) {
    let _ = write!(out, "<p>{}</p>\n<dl>", escaped(&super::text::counts(outcome)));
    let _ = write!(out, "<dt>now()</dt><dd>{}</dd>", seconds(outcome.now));
    for table in &outcome.tables {
        let what = match (&table.error, &table.time) {
            (Some(error), _) => format!("not read: {error}"),
            (None, Some((_, first, last))) => {
                format!("{} rows, {} to {}", grouped(table.rows), seconds(*first), seconds(*last))
            }
            (None, None) => format!("{} rows", grouped(table.rows)),
        };
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escaped(&table.name), escaped(&what));
    }
    out.push_str("</dl>\n");
    for notice in &outcome.notices {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escaped(notice));
    }
}

fn severities(out: &mut String, hits: &[Shown]) {
    out.push_str("<section><h2>By severity</h2>\n<ul class=\"tiles\">");
    for name in SEVERITIES {
        let of: Vec<&Shown> = hits.iter().filter(|shown| shown.severity == name).collect();
        let rows: u64 = of.iter().map(|shown| shown.hit.rows).sum();
        let label = if name == "none" { "No severity" } else { name };
        let _ = write!(
            out,
            "<li class=\"{}\"><b>{}</b><span>{label}</span><small>{} rows</small></li>",
            class(name),
            of.len(),
            grouped(rows)
        );
    }
    out.push_str("</ul></section>\n");
}

/// The rules that have no rows, and why.
fn others(out: &mut String, outcome: &HuntOutcome) {
    let refused: Vec<(&RuleOutcome, &super::Refusal)> = outcome
        .rules
        .iter()
        .filter_map(|rule| match &rule.status {
            Status::Refused(refusal) => Some((rule, refusal)),
            _ => None,
        })
        .collect();
    out.push_str("<section><h2>Rules that did not hit</h2>\n");
    let _ =
        write!(out, "<details><summary>Could not run <small>{}</small></summary><ul class=\"list\">", refused.len());
    for (rule, refusal) in &refused {
        let line = refusal.line.map_or_else(String::new, |line| format!(":{line}"));
        let _ = write!(
            out,
            "<li><b>{}</b> <span class=\"file\">{}{line}</span><br>{}</li>",
            escaped(&rule.rule.name),
            escaped(&rule.rule.file.display().to_string()),
            escaped(&refusal.reason)
        );
    }
    out.push_str("</ul></details>\n");
    if !outcome.problems.is_empty() {
        let count = outcome.problems.len();
        let _ = write!(out, "<details><summary>Files at fault <small>{count}</small></summary><ul class=\"list\">");
        for problem in &outcome.problems {
            let _ = write!(out, "<li>{}</li>", escaped(&problem.to_string()));
        }
        out.push_str("</ul></details>\n");
    }
    let of = |word: &str| outcome.rules.iter().filter(|rule| rule.status.word() == word).collect::<Vec<_>>();
    for (title, rules, tables) in [("Tables without data", of("no_data"), true), ("No hit", of("no_hit"), false)] {
        let _ = write!(out, "<details><summary>{title} <small>{}</small></summary><ul class=\"list\">", rules.len());
        for rule in rules {
            let _ = write!(out, "<li>{}", escaped(&rule.rule.name));
            if tables || !rule.without_data.is_empty() {
                let _ = write!(
                    out,
                    " <span class=\"file\">without data: {}</span>",
                    escaped(&rule.without_data.join(", "))
                );
            }
            out.push_str("</li>");
        }
        out.push_str("</ul></details>\n");
    }
    out.push_str("</section>\n");
}
