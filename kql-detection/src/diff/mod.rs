//! What a new version of a rule finds more, fewer or otherwise than the old one.

mod fields;

pub use fields::{FieldChange, changed_fields};

use arrow::array::RecordBatch;
use futures::executor::block_on;
use kql_engine::{CancellationToken, Column, Engine, Error, ScalarType, Table, cell};
use std::collections::{BTreeMap, HashMap};

/// The most rows of each kind that are kept; the others are counted.
const MOST_SHOWN: usize = 1_000;

/// The most rows in which a change of one cell is looked for.
const MOST_COMPARED: usize = 20_000;

/// How the results of two queries differ.
#[derive(Clone, Debug, Default)]
pub struct RuleDiff {
    /// Rows of the old one.
    pub old_rows: u64,
    /// Rows of the new one.
    pub new_rows: u64,
    /// Columns of the new one only.
    pub columns_added: Vec<Column>,
    /// Columns of the old one only.
    pub columns_removed: Vec<Column>,
    /// Columns whose type differs: the name, the old type, the new one.
    pub columns_retyped: Vec<(String, ScalarType, ScalarType)>,
    /// The columns that both have, by which rows are compared.
    pub compared: Vec<String>,
    /// Rows that only the new one finds, up to 1,000: their cells in the order of `compared`, as JSON.
    pub more: Vec<Vec<String>>,
    /// Rows that only the old one finds.
    pub fewer: Vec<Vec<String>>,
    /// Rows of both that differ in one cell.
    pub changed: Vec<ChangedRow>,
    /// How many rows only the new one finds.
    pub more_count: u64,
    /// How many rows only the old one finds.
    pub fewer_count: u64,
}

/// A row that differs in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRow {
    /// The place of the column among those compared.
    pub column: usize,
    /// The cells of the old row.
    pub old: Vec<String>,
    /// The cell of the new row.
    pub new: String,
}

impl RuleDiff {
    /// Whether there is no column by which rows can be compared.
    pub fn is_incomparable(&self) -> bool {
        self.compared.is_empty()
    }

    /// Whether both find the same rows in the same columns.
    pub fn is_same(&self) -> bool {
        self.columns_added.is_empty()
            && self.columns_removed.is_empty()
            && self.columns_retyped.is_empty()
            && self.more_count == 0
            && self.fewer_count == 0
            && self.changed.is_empty()
    }
}

/// Which of two queries an error is about.
#[derive(Debug)]
pub enum DiffError {
    /// The old one.
    Old(Error),
    /// The new one.
    New(Error),
}

/// Runs two queries and compares their last results. Rows are compared by the columns that both have, without regard to
/// their order. Blocks.
///
/// # Errors
/// A query fails.
pub fn diff(engine: &Engine, old: &str, new: &str, cancel: &CancellationToken) -> Result<RuleDiff, DiffError> {
    let run = |text: &str| {
        let answer = block_on(engine.query_async(text, cancel))?;
        answer.tables.into_iter().next_back().ok_or(Error::Run("The query has no result.".to_owned()))
    };
    let old = run(old).map_err(DiffError::Old)?;
    let new = run(new).map_err(DiffError::New)?;
    Ok(compared(&old, &new))
}

fn compared(old: &Table, new: &Table) -> RuleDiff {
    let of = |table: &Table, name: &str| table.schema.columns.iter().position(|column| column.name == name);
    let mut diff = RuleDiff { old_rows: rows(old), new_rows: rows(new), ..RuleDiff::default() };
    let (mut old_places, mut new_places) = (Vec::new(), Vec::new());
    for (place, column) in old.schema.columns.iter().enumerate() {
        let Some(other) = of(new, &column.name) else {
            diff.columns_removed.push(column.clone());
            continue;
        };
        let ty = new.schema.columns.get(other).map_or(ScalarType::Unknown, |column| column.ty);
        if ty != column.ty {
            diff.columns_retyped.push((column.name.clone(), column.ty, ty));
        }
        diff.compared.push(column.name.clone());
        old_places.push(place);
        new_places.push(other);
    }
    let added = new.schema.columns.iter().filter(|column| of(old, &column.name).is_none());
    diff.columns_added = added.cloned().collect();
    if diff.is_incomparable() {
        return diff;
    }
    let mut counts: HashMap<Vec<String>, i64> = HashMap::new();
    each_row(old, &old_places, |cells| *counts.entry(cells).or_default() -= 1);
    each_row(new, &new_places, |cells| *counts.entry(cells).or_default() += 1);
    let (mut more, mut fewer) = (Vec::new(), Vec::new());
    for (cells, count) in counts {
        let side = if count > 0 { &mut more } else { &mut fewer };
        side.extend(std::iter::repeat_n(cells, usize::try_from(count.unsigned_abs()).unwrap_or(0)));
    }
    // the order of a hash map is another each time
    more.sort();
    fewer.sort();
    diff.changed = changed(&mut more, &mut fewer, diff.compared.len());
    diff.more_count = more.len() as u64;
    diff.fewer_count = fewer.len() as u64;
    more.truncate(MOST_SHOWN);
    fewer.truncate(MOST_SHOWN);
    (diff.more, diff.fewer) = (more, fewer);
    diff
}

fn rows(table: &Table) -> u64 {
    table.batches.iter().map(|batch| batch.num_rows() as u64).sum()
}

fn each_row(table: &Table, places: &[usize], mut f: impl FnMut(Vec<String>)) {
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            f(places.iter().map(|place| json(batch, table, *place, row)).collect());
        }
    }
}

fn json(batch: &RecordBatch, table: &Table, place: usize, row: usize) -> String {
    let mut text = String::new();
    if let (Some(array), Some(column)) = (batch.columns().get(place), table.schema.columns.get(place)) {
        cell::json(array, column.ty, row, &mut text);
    }
    text
}

/// Takes out pairs of rows that differ in one cell.
fn changed(more: &mut Vec<Vec<String>>, fewer: &mut Vec<Vec<String>>, columns: usize) -> Vec<ChangedRow> {
    let mut changed = Vec::new();
    // with one column, every row would be a change of every other
    if columns < 2 || more.len() > MOST_COMPARED || fewer.len() > MOST_COMPARED {
        return changed;
    }
    for column in 0..columns {
        if more.is_empty() || fewer.is_empty() {
            break;
        }
        let without = |row: &[String]| -> Vec<String> {
            row.iter().enumerate().filter(|(place, _)| *place != column).map(|(_, cell)| cell.clone()).collect()
        };
        let mut old: BTreeMap<Vec<String>, Vec<Vec<String>>> = BTreeMap::new();
        for row in std::mem::take(fewer) {
            old.entry(without(&row)).or_default().push(row);
        }
        for row in std::mem::take(more) {
            match old.get_mut(&without(&row)).and_then(Vec::pop) {
                Some(before) => {
                    let new = row.get(column).cloned().unwrap_or_default();
                    changed.push(ChangedRow { column, old: before, new });
                }
                None => more.push(row),
            }
        }
        fewer.extend(old.into_values().flatten());
        fewer.sort();
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> RuleDiff {
        let engine = Engine::builder().build().unwrap();
        diff(&engine, old, new, &CancellationToken::new()).unwrap()
    }

    #[test]
    fn rows_are_compared_as_a_multiset() {
        let rows = |list: &str| format!("datatable(a: long, b: string)[{list}]");
        let found = between(&rows("1, 'x', 1, 'x', 2, 'y', 3, 'z'"), &rows("3, 'z', 1, 'x', 5, 'q', 6, 'r'"));
        assert_eq!((found.old_rows, found.new_rows), (4, 4));
        let texts = |rows: &[Vec<String>]| rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>();
        assert_eq!(texts(&found.more), ["5 \"q\"", "6 \"r\""]);
        assert_eq!(texts(&found.fewer), ["1 \"x\"", "2 \"y\""]);
        assert!(between(&rows("1, 'x', 2, ''"), &rows("2, '', 1, 'x'")).is_same());
    }

    #[test]
    fn a_changed_cell_is_no_other_row() {
        let found = between("print a = 1, b = 'x', c = 2", "print a = 1, b = 'y', c = 2");
        let row = ["1", "\"x\"", "2"].map(str::to_owned).to_vec();
        assert_eq!(found.changed, [ChangedRow { column: 1, old: row, new: "\"y\"".to_owned() }]);
        assert_eq!((found.more_count, found.fewer_count), (0, 0));
    }

    #[test]
    fn no_column_in_common() {
        let found = between("print a = 1", "range b from 1 to 3 step 1");
        assert!(found.is_incomparable() && !found.is_same());
        assert_eq!((found.old_rows, found.new_rows, found.more_count, found.fewer_count), (1, 3, 0, 0));
    }

    #[test]
    fn columns_differ() {
        let found = between("print a = 1, b = 'x', gone = true", "print b = 'x', a = '1', new = 5");
        assert_eq!(found.compared, ["a", "b"]);
        assert_eq!(found.columns_removed, [Column::new("gone", ScalarType::Bool)]);
        assert_eq!(found.columns_added, [Column::new("new", ScalarType::Long)]);
        assert_eq!(found.columns_retyped, [("a".to_owned(), ScalarType::Long, ScalarType::String)]);
    }
}
