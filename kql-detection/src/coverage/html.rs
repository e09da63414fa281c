//! Coverage as a page without other files: the text of each query, with what no test reaches marked.

use super::model::{Coverage, Unit, UnitKind};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2.5rem 0 .3rem}table{border-collapse:collapse;width:100%}\
td,th{padding:.25rem .6rem;text-align:left;border-bottom:1px solid #8884}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
pre{font:13px/1.55 ui-monospace,monospace;overflow-x:auto;border:1px solid #8884;border-radius:6px;padding:.6rem 0}\
pre .l{display:block;padding:0 .8rem}pre .n{display:inline-block;width:4ch;text-align:right;margin-right:1.5ch;opacity:.5}\
.gap{background:#f9c6c6;color:#6b0d0d;border-radius:3px}.half{background:#fbe7a8;color:#5c4300;border-radius:3px}\
.ok{border-bottom:2px solid #5aa95a}.bar{display:inline-block;height:.6rem;width:8rem;background:#e9b0b0;border-radius:3px;overflow:hidden;vertical-align:middle}\
.bar i{display:block;height:100%;background:#5aa95a}p.k span{margin-right:1.2rem;padding:0 .3rem}";

pub(super) fn report(all: &[Coverage]) -> String {
    let mut out = String::new();
    let (reached, units) = all.iter().map(Coverage::total).fold((0, 0), |(a, b), (r, u)| (a + r, b + u));
    let percent = (reached * 100).checked_div(units).unwrap_or(100);
    let rules = if all.len() == 1 { "one rule".to_owned() } else { format!("{} rules", all.len()) };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Coverage of detections</title><style>{STYLE}</style></head><body>\n\
         <h1>Coverage of detections</h1>\n<p>Tests reach {percent} % of the parts of {rules}: {reached} of {units}.</p>\n<table><tr><th>Rule</th><th class=\"n\">Tests</th><th class=\"n\">Reached</th><th></th></tr>\n"
    );
    for (i, coverage) in all.iter().enumerate() {
        let (reached, units) = coverage.total();
        let _ = writeln!(
            out,
            "<tr><td><a href=\"#r{i}\">{}</a></td><td class=\"n\">{} of {}</td><td class=\"n\">{reached} of {units}</td>\
             <td><span class=\"bar\"><i style=\"width:{p}%\"></i></span> {p} %</td></tr>",
            escaped(&coverage.rule),
            coverage.tests.1,
            coverage.tests.0,
            p = coverage.percent()
        );
    }
    out.push_str(
        "</table>\n<p class=\"k\"><span class=\"ok\">reached</span><span class=\"half\">only true, or only false</span>\
         <span class=\"gap\">not reached</span> Point at a part to see its numbers.</p>\n",
    );
    for (i, coverage) in all.iter().enumerate() {
        let _ = write!(
            out,
            "<h2 id=\"r{i}\">{}</h2>\n<div>{}{}</div>\n<pre>{}</pre>\n",
            escaped(&coverage.rule),
            escaped(&coverage.file.display().to_string()),
            if coverage.techniques.is_empty() {
                String::new()
            } else {
                format!(" · {}", escaped(&coverage.techniques.join(", ")))
            },
            source(coverage)
        );
    }
    out.push_str("</body></html>\n");
    out
}

/// The query with a mark on each condition and item, and on the name of each step.
fn source(coverage: &Coverage) -> String {
    let text = &coverage.query;
    // the smallest marks win: each byte has at most one
    let mut marks: Vec<(usize, usize, &Unit)> = coverage
        .units
        .iter()
        .map(|unit| {
            let (start, mut end) = (unit.at.start as usize, unit.at.end as usize);
            if matches!(unit.kind, UnitKind::Step | UnitKind::Leg) {
                let whole = text.get(start..end).unwrap_or_default();
                end = start + whole.find(|c: char| c.is_whitespace()).unwrap_or(whole.len());
            }
            (start, end, unit)
        })
        .collect();
    marks.sort_by_key(|(start, end, _)| (end - start, *start));
    let mut owner: Vec<Option<usize>> = vec![None; text.len()];
    for (i, (start, end, _)) in marks.iter().enumerate() {
        owner.iter_mut().take(*end).skip(*start).for_each(|owner| _ = owner.get_or_insert(i));
    }
    let mut out = String::new();
    let mut at = 0;
    for (number, line) in text.split('\n').enumerate() {
        let _ = write!(out, "<span class=\"l\"><span class=\"n\">{}</span>", number + coverage.first_line);
        let mut open = None;
        for (i, c) in line.char_indices() {
            let own = owner.get(at + i).copied().flatten();
            if own != open {
                if open.is_some() {
                    out.push_str("</span>");
                }
                if let Some((_, _, unit)) = own.and_then(|own| marks.get(own)) {
                    let _ = write!(out, "<span class=\"{}\" title=\"{}\">", class(unit), escaped(&title(unit)));
                }
                open = own;
            }
            push(&mut out, c);
        }
        if open.is_some() {
            out.push_str("</span>");
        }
        out.push_str("</span>");
        at += line.len() + 1;
    }
    out
}

fn class(unit: &Unit) -> &'static str {
    match unit.reached() {
        (0, _) => "gap",
        (1, 2) => "half",
        _ => "ok",
    }
}

fn title(unit: &Unit) -> String {
    let gap = unit.gap().map_or_else(String::new, |gap| format!("; {gap}"));
    match unit.kind {
        UnitKind::Condition => format!("true for {} rows, false for {}{gap}", unit.yes, unit.no),
        UnitKind::Item => format!("finds {} rows{gap}", unit.yes),
        _ => format!("{} rows{gap}", unit.yes),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut out, c));
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}
