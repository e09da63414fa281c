//! Snapshots: the rows of a result in a file, one JSON object a line. Their order counts if the query defines it.

use kql_engine::{Table, cell};
use std::ops::Range;
use std::path::Path;

/// The rows of a table as lines, in their order.
pub(super) fn lines(table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let mut line = "{".to_owned();
            for (i, (column, array)) in table.schema.columns.iter().zip(batch.columns()).enumerate() {
                if i > 0 {
                    line.push(',');
                }
                line.push_str(&serde_json::Value::String(column.name.clone()).to_string());
                line.push(':');
                cell::json(array, column.ty, row, &mut line);
            }
            line.push('}');
            lines.push(line);
        }
    }
    lines
}

/// The lines of a file; `None` if there is none.
pub(super) fn read(path: &Path) -> std::io::Result<Option<Vec<String>>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The lines that only the first has, and those that only the second has; a line that occurs twice must occur twice.
pub(super) fn differences(expected: &[String], found: &[String]) -> (Vec<String>, Vec<String>) {
    let mut counts: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    expected.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    let times = |line: &str, n: i64| std::iter::repeat_n(line.to_owned(), usize::try_from(n).unwrap_or(0));
    let missing = counts.iter().flat_map(|(line, n)| times(line, *n)).collect();
    let extra = counts.iter().flat_map(|(line, n)| times(line, -*n)).collect();
    (missing, extra)
}

/// The first line that is not among the lines found at the places of the rows that tie with it.
pub(super) fn out_of_order(expected: &[String], found: &[String], ties: &[Range<usize>]) -> Option<usize> {
    let strange = |tie: &Range<usize>| {
        let (expected, mut found) = (expected.get(tie.clone())?, found.get(tie.clone())?.to_vec());
        let place = expected.iter().position(|line| match found.iter().position(|other| other == line) {
            Some(at) => {
                found.swap_remove(at);
                false
            }
            None => true,
        })?;
        Some(tie.start + place)
    };
    ties.iter().find_map(strange)
}

/// Writes the lines.
pub(super) fn write(path: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    std::fs::write(path, text)
}
