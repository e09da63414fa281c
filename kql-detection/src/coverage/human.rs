//! Coverage for people: what no test reaches, over the source text.

use super::model::{Coverage, Unit};
use std::fmt::Write;

pub(super) fn report(all: &[Coverage], colours: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = String::new();
    for coverage in all {
        let (reached, units) = coverage.total();
        let percent = coverage.percent();
        let code = if percent == 100 { "32" } else { "33" };
        let share = paint(code, &format!("{percent:>3} %"));
        let _ = writeln!(out, "{share}  {reached} of {units}  {}", coverage.file.display());
        let gaps: Vec<(&Unit, &str)> = coverage.units.iter().filter_map(|unit| Some((unit, unit.gap()?))).collect();
        let width = gaps.last().map_or(1, |(unit, _)| coverage.line(unit).to_string().len());
        let mut shown = None;
        for (unit, gap) in gaps {
            let line = coverage.line(unit);
            let start = coverage.query.get(..unit.at.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
            let text = coverage.query.get(start..).and_then(|t| t.lines().next()).unwrap_or_default();
            if shown != Some(line) {
                let _ = writeln!(out, "  {line:>width$} | {}", text.replace('\t', " "));
                shown = Some(line);
            }
            let column = coverage.query.get(start..unit.at.start as usize).unwrap_or_default().chars().count();
            let marked = unit.at.text(&coverage.query).lines().next().unwrap_or_default();
            let marks = "^".repeat(marked.trim_end().chars().count().max(1));
            let _ = writeln!(out, "  {:>width$} | {}{} {gap}", "", " ".repeat(column), paint("33", &marks));
        }
    }
    let (reached, units) = all.iter().map(Coverage::total).fold((0, 0), |(a, b), (r, u)| (a + r, b + u));
    if all.len() > 1 {
        let percent = (reached * 100).checked_div(units).unwrap_or(100);
        let _ = writeln!(out, "{percent:>3} %  {reached} of {units}  in {} rules", all.len());
    }
    out
}
