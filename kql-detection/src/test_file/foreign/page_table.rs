//! Tables of Markdown pages: results, and rows in CSV.

use super::super::model::{ExpectColumn, Expected, GivenRow};
use super::page::Line;
use crate::problem::{Place, Placed};
use crate::yaml::{Kind, Node};
use kql_engine::ScalarType;

/// The columns and rows of a result; `None` if the header does not state a type for each column.
pub(super) fn expected_table(lines: &[Line]) -> Option<Vec<Expected>> {
    let header = lines.first()?;
    let mut columns = Vec::new();
    for (cell, place) in cells(*header) {
        let (name, ty) = cell.rsplit_once(':')?;
        ScalarType::from_name(ty.trim())?;
        let placed = |text: &str| Placed { value: text.trim().to_owned(), place };
        columns.push(ExpectColumn { name: placed(name), ty: Some(placed(ty)) });
    }
    let rows = lines.iter().skip(2).map(|line| row(*line, &columns)).collect();
    Some(vec![Expected::Columns(columns, header.place()), Expected::Rows(rows, header.place())])
}

fn row(line: Line, columns: &[ExpectColumn]) -> GivenRow {
    let cells = cells(line).into_iter().zip(columns).map(|((text, place), column)| {
        let is_dynamic = column.ty.as_ref().is_some_and(|ty| ty.value == "dynamic");
        // quotes keep a text such as "now" a text; an empty cell is null or an empty text
        let plain = text.is_empty() || (is_dynamic && !text.starts_with(['{', '[']));
        (column.name.clone(), Node { kind: Kind::Scalar { text, plain, lines: Vec::new() }, place })
    });
    GivenRow { id: None, cells: cells.collect(), place: line.place() }
}

/// The cells of a line, without their escapes.
fn cells(line: Line) -> Vec<(String, Place)> {
    let inner = line.text.trim_end();
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut found = Vec::new();
    let (mut text, mut begin) = (String::new(), 1);
    let mut chars = inner.char_indices().skip(1).peekable();
    let placed = |text: &str, begin: usize, end: usize| {
        let place = Place { start: line.start + begin, end: line.start + end };
        (text.trim().replace("<br>", "\n").replace("&#32;", " "), place)
    };
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|(_, next)| matches!(next, '\\' | '|')) => {
                text.extend(chars.next().map(|(_, c)| c));
            }
            '|' => {
                found.push(placed(&text, begin, at));
                text.clear();
                begin = at + 1;
            }
            c => text.push(c),
        }
    }
    found.push(placed(&text, begin, inner.len()));
    found
}

/// The rows of a block of CSV; the first line has the names of the columns.
pub(super) fn csv_rows(lines: &[Line]) -> Vec<GivenRow> {
    let Some(header) = lines.first() else { return Vec::new() };
    let names = csv_cells(*header);
    let row = |line: &Line| {
        let cells = csv_cells(*line).into_iter().zip(&names).map(|((text, quoted, place), (name, ..))| {
            let node = Node { kind: Kind::Scalar { text, plain: !quoted, lines: Vec::new() }, place };
            (Placed { value: name.clone(), place }, node)
        });
        GivenRow { id: None, cells: cells.collect(), place: line.place() }
    };
    lines.iter().skip(1).filter(|line| !line.text.trim().is_empty()).map(row).collect()
}

/// The cells of a line: text, whether it had quotes, place.
fn csv_cells(line: Line) -> Vec<(String, bool, Place)> {
    let mut found = Vec::new();
    let (mut text, mut begin, mut quoted, mut inside) = (String::new(), 0, false, false);
    let place = |begin: usize, end: usize| Place { start: line.start + begin, end: line.start + end };
    let mut chars = line.text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if inside && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                text.push('"');
            }
            '"' => {
                inside = !inside;
                quoted = true;
            }
            ',' if !inside => {
                found.push((std::mem::take(&mut text), quoted, place(begin, at)));
                (begin, quoted) = (at + 1, false);
            }
            c => text.push(c),
        }
    }
    found.push((text, quoted, place(begin, line.text.len())));
    found
}
