//! Differences between rows, as a table for people.

use super::compare::{ExpectedRow, ResultRows};
use super::matching::Matching;
use std::collections::BTreeSet;

/// The most rows that are shown.
const SHOWN: usize = 10;

/// The most columns that are shown if the test names none.
const MOST_COLUMNS: usize = 8;

/// The widest cell.
const WIDEST: usize = 60;

/// The rows that are missing (`-`) and those that are too many (`+`). A missing row stands above the one that is most
/// like it.
pub(super) fn table(expected: &[ExpectedRow], result: &ResultRows, matching: &Matching) -> String {
    let named: BTreeSet<usize> = expected.iter().flat_map(|row| row.cells.iter().map(|(at, ..)| *at)).collect();
    let columns: Vec<usize> = if named.is_empty() {
        let shown: Vec<_> = matching.extra.iter().take(SHOWN).filter_map(|row| result.rows.get(*row)).collect();
        let has_value = |at: &usize| {
            shown.iter().any(|row| row.get(*at).is_some_and(|cell| cell.as_ref().is_some_and(|text| !text.is_empty())))
        };
        // columns without a value in these rows say least
        let (mut columns, empty): (Vec<usize>, Vec<usize>) = (0..result.schema.columns.len()).partition(has_value);
        columns.extend(empty);
        columns.truncate(MOST_COLUMNS);
        columns
    } else {
        named.into_iter().collect()
    };
    let mut lines: Vec<(char, Vec<String>)> = Vec::new();
    let mut extra = matching.extra.clone();
    for row in matching.missing.iter().filter_map(|i| expected.get(*i)).take(SHOWN) {
        let cell = |at: &usize| {
            row.cells.iter().find(|(column, ..)| column == at).map_or_else(String::new, |(_, text, _)| text.clone())
        };
        lines.push(('-', columns.iter().map(cell).collect()));
        let like = |i: &&usize| result.rows.get(**i).map_or(0, |found| row.common(result, found));
        let Some(best) = extra.iter().filter(|i| like(i) > 0).max_by_key(like).copied() else { continue };
        extra.retain(|i| *i != best);
        lines.push(('+', cells(result, best, &columns)));
    }
    for i in extra.iter().take(SHOWN) {
        lines.push(('+', cells(result, *i, &columns)));
    }
    let mut header =
        vec![(' ', columns.iter().filter_map(|i| Some(result.schema.columns.get(*i)?.name.clone())).collect())];
    header.append(&mut lines);
    let mut text = aligned(&header);
    let (missing, more) = (matching.missing.len().saturating_sub(SHOWN), extra.len().saturating_sub(SHOWN));
    if missing > 0 {
        text.push_str(&format!("{missing} more rows are missing\n"));
    }
    if more > 0 {
        text.push_str(&format!("{more} more rows are too many\n"));
    }
    text
}

fn cells(result: &ResultRows, row: usize, columns: &[usize]) -> Vec<String> {
    let row = result.rows.get(row);
    let cell = |at: &usize| row.and_then(|row| row.get(*at)).cloned().flatten().unwrap_or_else(|| "null".to_owned());
    columns.iter().map(cell).collect()
}

/// Lines with their cells below each other.
pub(super) fn aligned(lines: &[(char, Vec<String>)]) -> String {
    let cut = |text: &String| {
        let text = text.replace(['\n', '\r'], "⏎");
        let short: String = text.chars().take(WIDEST).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    };
    let lines: Vec<(char, Vec<String>)> =
        lines.iter().map(|(sign, cells)| (*sign, cells.iter().map(cut).collect())).collect();
    let count = lines.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|i| lines.iter().filter_map(|(_, cells)| Some(cells.get(i)?.chars().count())).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (sign, cells) in &lines {
        let mut line = format!("{sign} ");
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
