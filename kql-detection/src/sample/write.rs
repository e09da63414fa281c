//! The text of a test file.

use super::{Miss, by_table};
use kql_engine::{SampleCell, SampleRow, ScalarType};
use kql_parser::calendar::{HOUR, MINUTE, SECOND};
use serde_json::Value;
use std::fmt::Write;

/// The rows of a table, each with its place among all rows.
pub(crate) struct Table<'r> {
    pub name: &'r str,
    pub rows: Vec<(usize, &'r SampleRow)>,
}

/// Tests as text.
pub(super) struct TestText {
    now: String,
    tests: String,
}

impl TestText {
    /// A test that the query finds the rows.
    pub fn hit(name: &str, rows: &[SampleRow], now: &str) -> TestText {
        let mut text = TestText { now: now.to_owned(), tests: String::new() };
        text.add(name, rows, &[]);
        text
    }

    /// Adds a test of other rows, and those of their near misses.
    pub fn add(&mut self, name: &str, rows: &[SampleRow], misses: &[Miss]) {
        given(&mut self.tests, name, rows, &self.now, "\">=1\"");
        for miss in misses {
            given(&mut self.tests, &miss.name, &miss.rows, &self.now, "none");
        }
    }

    /// Adds a line for readers.
    pub fn comment(&mut self, text: &str) {
        let _ = writeln!(self.tests, "# {text}");
    }

    /// A test that the query does not find the rows.
    pub fn miss(miss: &Miss, now: &str) -> TestText {
        let mut tests = String::new();
        given(&mut tests, &miss.name, &miss.rows, now, "none");
        TestText { now: now.to_owned(), tests }
    }

    /// A test of the hit, and those of the near misses. If the hit is one row, the rows are a table of cases.
    pub fn all(rows: &[SampleRow], misses: &[Miss], now: &str) -> TestText {
        let mut tests = String::new();
        match rows {
            // a table of cases is one that stands in the data
            [row] if !row.is_invented() => {
                let _ = writeln!(tests, "- name: made from the conditions of the query");
                let _ = writeln!(tests, "  each: {}", quoted(&row.table));
                let _ = writeln!(tests, "  hit:\n  - {}", cells(row, now));
                if !misses.is_empty() {
                    let _ = writeln!(tests, "  miss:");
                }
                for miss in misses {
                    if let Some(row) = miss.rows.get(miss.row) {
                        let _ = writeln!(tests, "  # {}\n  - {}", miss.name, cells(row, now));
                    }
                }
            }
            _ => {
                let mut text = TestText { now: now.to_owned(), tests };
                text.add("hit", rows, misses);
                return text;
            }
        }
        TestText { now: now.to_owned(), tests }
    }

    /// The text of the file.
    pub fn text(&self, rule: Option<&str>) -> String {
        let mut out = String::new();
        if let Some(rule) = rule {
            let _ = writeln!(out, "rule: {}", quoted(rule));
        }
        let _ = write!(out, "now: {}\ntests:\n{}", self.now, self.tests);
        out
    }
}

fn given(out: &mut String, name: &str, rows: &[SampleRow], now: &str, expected: &str) {
    let _ = writeln!(out, "- name: {}\n  given:", quoted(name));
    for table in by_table(rows) {
        let _ = writeln!(out, "    {}:", quoted(table.name));
        for (_, row) in table.rows {
            let _ = writeln!(out, "    - {}", cells(row, now));
        }
    }
    let expectation = if expected == "none" { "none".to_owned() } else { format!("{{count: {expected}}}") };
    let _ = writeln!(out, "  expect: {expectation}");
}

fn cells(row: &SampleRow, now: &str) -> String {
    let cells: Vec<String> =
        row.cells.iter().map(|cell| format!("{}: {}", quoted(&cell.column), value(cell, now))).collect();
    format!("{{{}}}", cells.join(", "))
}

/// A value in YAML: JSON is, and a time near the test's is written as one.
fn value(cell: &SampleCell, now: &str) -> String {
    let time = |text: &str| kql_parser::time::parse_datetime(text);
    if let (ScalarType::Datetime, Value::String(text)) = (cell.ty, &cell.value)
        && let (Some(at), Some(now)) = (time(text), time(now))
    {
        let ago = now - at;
        for (unit, letter) in [(HOUR, 'h'), (MINUTE, 'm'), (SECOND, 's')] {
            if ago > 0 && ago % unit == 0 && ago / unit < 10_000 {
                return format!("now-{}{letter}", ago / unit);
            }
        }
    }
    cell.value.to_string()
}

/// A name as YAML has it: quoted if it could be read as something else.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/'))
        && !matches!(
            name.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain { name.to_owned() } else { Value::String(name.to_owned()).to_string() }
}
