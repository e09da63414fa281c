//! A rule that hit, with its rows.

use super::super::terms::{self, Term};
use super::super::text::seconds;
use super::escape::{attribute, escaped};
use super::shown::{Shown, class, grouped};
use super::timeline;
use std::fmt::Write;
use std::ops::Range;

/// The longest text that a cell shows, in characters.
const LONGEST: usize = 400;

/// Characters that a cell shows before the first constant, if its text is longer.
const BEFORE: usize = 80;

/// The bytes of a text above which its cell has several lines.
const WIDE: usize = 40;

/// The fewest rows of a rule.
const FEWEST: usize = 5;

/// The most rows of a rule.
const MOST: usize = 100;

/// The entities that are shown.
const ENTITIES: usize = 40;

/// `cells` is how many cells its rows can have, `range` the time of all hits.
pub(super) fn add(out: &mut String, shown: &Shown, cells: usize, range: Option<(i64, i64)>) {
    let (rule, hit) = (&shown.rule.rule, shown.hit);
    let techniques: Vec<&str> = rule.techniques.iter().map(|t| t.value.as_str()).collect();
    let entities =
        hit.entities.iter().take(ENTITIES).flat_map(|entity| entity.fields.iter().map(|(_, value)| value.as_str()));
    let words: Vec<&str> =
        [rule.name.as_str(), shown.severity].into_iter().chain(techniques.iter().copied()).chain(entities).collect();
    let _ = write!(
        out,
        "<details class=\"hit {}\" id=\"h{}\" data-text=\"{}\"{}><summary><span class=\"badge\">{}</span><b>{}</b> \
         <span class=\"n\">{} {}",
        class(shown.severity),
        shown.at,
        attribute(&words.join(" ").to_lowercase()),
        if shown.at == 0 { " open" } else { "" },
        if shown.severity == "none" { "No severity" } else { shown.severity },
        escaped(&rule.name),
        grouped(hit.rows),
        if hit.rows == 1 { "row" } else { "rows" }
    );
    if let (Some(first), Some(last)) = (hit.first, hit.last) {
        let _ = write!(out, " · {}", seconds(first));
        if first != last {
            let _ = write!(out, " to {}", seconds(last));
        }
    }
    if !techniques.is_empty() {
        let _ = write!(out, " · {}", escaped(&techniques.join(", ")));
    }
    out.push_str("</span></summary><div>\n");
    if let Some(description) = &rule.description {
        let _ = writeln!(out, "<p>{}</p>", escaped(description.value.trim()));
    }
    let _ =
        writeln!(out, "<p class=\"file\">{}:{}</p>", escaped(&rule.file.display().to_string()), rule.query.first_line);
    if let Some(range) = range {
        timeline::of_rule(out, shown, range);
    }
    add_entities(out, shown);
    rows(out, shown, cells);
    let _ = writeln!(
        out,
        "<details><summary>Query</summary><pre tabindex=\"0\">{}</pre></details>\n</div></details>",
        escaped(rule.query.text.trim_end())
    );
}

fn add_entities(out: &mut String, shown: &Shown) {
    let hit = shown.hit;
    if hit.entities.is_empty() {
        return;
    }
    out.push_str("<ul class=\"entities\" aria-label=\"Entities\">");
    for entity in hit.entities.iter().take(ENTITIES) {
        let values: Vec<&str> = entity.fields.iter().map(|(_, value)| value.as_str()).collect();
        let values = values.join(" ");
        let (from, to) = excerpt(&values, None);
        let _ = write!(
            out,
            "<li><small>{}</small> {}{} <small>{}</small></li>",
            escaped(&entity.kind),
            escaped(values.get(from..to).unwrap_or_default()),
            if to < values.len() { "…" } else { "" },
            grouped(entity.rows)
        );
    }
    let more = hit.entities.len().saturating_sub(ENTITIES);
    if more > 0 || hit.more_entities {
        let _ = write!(out, "<li><small>{more}{} more</small></li>", if hit.more_entities { " or" } else { "" });
    }
    out.push_str("</ul>\n");
}

fn rows(out: &mut String, shown: &Shown, cells: usize) {
    let hit = shown.hit;
    let has_values = |at: usize| {
        hit.sample.iter().any(|row| row.get(at).is_some_and(|cell| cell.as_ref().is_some_and(|c| !c.is_empty())))
    };
    let places: Vec<usize> = (0..hit.columns.len()).filter(|at| has_values(*at)).collect();
    let count = (cells / places.len().max(1)).clamp(FEWEST, MOST).min(hit.sample.len());
    let terms = terms::terms(&shown.rule.rule.query.text);
    let names: Vec<&str> = hit.columns.iter().map(|column| column.name.as_str()).collect();
    let first = shown.rule.rule.query.first_line;
    let _ = write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rows of {}\"><table><thead><tr>",
        attribute(&shown.rule.rule.name)
    );
    for name in places.iter().filter_map(|at| names.get(*at)) {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(name));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in hit.sample.iter().take(count) {
        out.push_str("<tr>");
        for at in &places {
            match row.get(*at).and_then(Option::as_ref) {
                None => out.push_str("<td></td>"),
                Some(cell) => {
                    let marks = terms::marks(cell, names.get(*at).copied().unwrap_or_default(), &names, &terms);
                    out.push_str(if cell.len() > WIDE { "<td class=\"w\">" } else { "<td>" });
                    add_cell(out, cell, &marks, first);
                    out.push_str("</td>");
                }
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    let hidden = hit.columns.len() - places.len();
    let mut notes = Vec::new();
    if hit.rows > count as u64 {
        notes.push(format!("{count} of {} rows are shown", grouped(hit.rows)));
    }
    if hidden > 0 {
        notes.push(format!("{hidden} columns without values in them are left out"));
    }
    if !notes.is_empty() {
        let _ = writeln!(out, "<p class=\"note\">{}.</p>", escaped(&notes.join("; ")));
    }
}

/// The text of a cell, or the part of it around the first constant, with constants marked.
fn add_cell(out: &mut String, cell: &str, marks: &[(Range<usize>, &Term)], first: usize) {
    let (from, to) = excerpt(cell, marks.first().map(|(range, _)| range.start));
    if from > 0 {
        out.push_str("<i>…</i>");
    }
    let mut at = from;
    for (range, term) in marks.iter().filter(|(range, _)| range.start >= from && range.end <= to) {
        let _ = write!(
            out,
            "{}<mark title=\"{}\">{}</mark>",
            escaped(cell.get(at..range.start).unwrap_or_default()),
            attribute(&term.title(first)),
            escaped(cell.get(range.clone()).unwrap_or_default())
        );
        at = range.end;
    }
    let _ = write!(out, "{}", escaped(cell.get(at..to).unwrap_or_default()));
    if to < cell.len() {
        out.push_str("<i>…</i>");
    }
}

/// The bytes of a text that are shown: at most [`LONGEST`] characters, with the one at `mark`.
fn excerpt(cell: &str, mark: Option<usize>) -> (usize, usize) {
    if cell.len() <= LONGEST {
        return (0, cell.len());
    }
    let starts: Vec<usize> = cell.char_indices().map(|(at, _)| at).collect();
    if starts.len() <= LONGEST {
        return (0, cell.len());
    }
    let of_mark = mark.map_or(0, |mark| starts.partition_point(|at| *at < mark));
    let from = if of_mark + BEFORE < LONGEST { 0 } else { of_mark.saturating_sub(BEFORE) };
    let end = starts.get(from + LONGEST).copied().unwrap_or(cell.len());
    (starts.get(from).copied().unwrap_or(0), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_long_cell() {
        let long = format!("{}needle{}", "ä".repeat(1_000), "z".repeat(1_000));
        let terms = terms::terms("T | where C has 'needle'");
        let marks = terms::marks(&long, "C", &["C"], &terms);
        let mut out = String::new();
        add_cell(&mut out, &long, &marks, 10);
        assert!(out.starts_with("<i>…</i>ä") && out.ends_with("z<i>…</i>"), "{out}");
        assert!(out.contains("<mark title=\"line 10: has &quot;needle&quot;\">needle</mark>"), "{out}");
    }
}
