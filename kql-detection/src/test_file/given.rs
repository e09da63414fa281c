//! Reads the rows that a test gives.

use super::model::{Given, GivenRow, Part};
use super::reader::Reader;
use crate::problem::Placed;
use crate::yaml::Node;

/// The tables of a test.
pub(super) fn given(reader: &mut Reader, node: &Node) -> Vec<Given> {
    let entries = reader.entries(node, "tables and their rows");
    entries.into_iter().map(|(table, value)| Given { table, parts: parts(reader, value) }).collect()
}

/// The rows and files of a table.
pub(super) fn parts(reader: &mut Reader, node: &Node) -> Vec<Part> {
    let mut parts = Vec::new();
    for item in reader.items(node) {
        if item.map().is_some() {
            parts.extend(row(reader, item).map(Part::Row));
        } else if let Some(path) = reader.path(item) {
            if path.value.exists() {
                parts.push(Part::File(path));
            } else {
                reader.problem(path.place, format!("the file {} does not exist", path.value.display()), None);
            }
        }
    }
    parts
}

/// A row: its cells, and its name.
pub(super) fn row(reader: &mut Reader, node: &Node) -> Option<GivenRow> {
    if node.map().is_none() {
        let help = "write a row as {Column: value}".to_owned();
        reader.problem(node.place, format!("expected a row, not {}", node.noun()), Some(help));
        return None;
    }
    let (mut id, mut row) = (None, Vec::new());
    for (column, value) in cells(reader, node) {
        if column.value == "$id" {
            id = value.text().map(str::to_owned);
        } else {
            row.push((column, value));
        }
    }
    Some(GivenRow { id, cells: row, place: node.place })
}

/// Columns and their values.
pub(super) fn cells(reader: &mut Reader, node: &Node) -> Vec<(Placed<String>, Node)> {
    let entries = reader.entries(node, "columns and their values");
    entries.into_iter().map(|(column, value)| (column, value.clone())).collect()
}
