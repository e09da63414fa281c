//! Problems in the input: refused rows, and values that did not fit their columns.

use super::dates::Unit;
use super::lost::Lost;
use super::rows::shorten;
use crate::types::Column;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The maximum number of positions kept for each kind of problem.
pub(super) const KEPT: usize = 3;

/// Counts of a table's input. Complete when the result's stream has ended.
#[derive(Debug, Default)]
pub struct InputReport {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    notes: Vec<String>,
    files: BTreeMap<PathBuf, FileState>,
}

#[derive(Debug, Default)]
struct FileState {
    /// The unit of the positions; lines if it is empty.
    unit: &'static str,
    rows: u64,
    refused: u64,
    places: Vec<Place>,
    /// Rows that were read, but may be damaged.
    doubts: Vec<Place>,
    /// By column: the number of values in one scan that did not fit, and the first of them.
    misfits: BTreeMap<String, (u64, Vec<Place>)>,
    /// By column: the units of numbers that were read as times since 1970.
    since: BTreeMap<String, BTreeSet<Unit>>,
}

/// A position in a file, and the problem there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) struct Place {
    pub line: u64,
    pub reason: String,
}

/// The values in one scan that did not fit.
#[derive(Debug, Default)]
pub(super) struct CastFailures {
    values: BTreeMap<(PathBuf, String), (u64, Vec<Place>)>,
    /// The columns in which numbers were read as times since 1970, and their units.
    since: BTreeSet<(PathBuf, String, Unit)>,
}

impl CastFailures {
    pub(super) fn add(&mut self, file: &Path, column: &str, place: impl FnOnce() -> Place) {
        let (count, places) = self.values.entry((file.to_owned(), column.to_owned())).or_default();
        *count += 1;
        if places.len() < KEPT {
            places.push(place());
        }
    }

    /// Records that a number in a column was read as a time since 1970.
    pub(super) fn since(&mut self, file: &Path, column: &str, unit: Unit) {
        // nearly all of them are like the previous one
        let is_known = |(f, c, u): &(PathBuf, String, Unit)| f == file && c == column && *u == unit;
        if !self.since.iter().any(is_known) {
            self.since.insert((file.to_owned(), column.to_owned(), unit));
        }
    }

    /// Adds the values that an Arrow array lost; `line` returns the position of a row, or 0.
    pub(super) fn add_lost(&mut self, file: &Path, column: &Column, lost: Lost, line: impl Fn(usize) -> u64) {
        lost.since.into_iter().for_each(|unit| self.since(file, &column.name, unit));
        if lost.count == 0 {
            return;
        }
        let (count, places) = self.values.entry((file.to_owned(), label(column))).or_default();
        *count += lost.count;
        let room = KEPT.saturating_sub(places.len());
        let first = lost.first.into_iter().take(room);
        places.extend(first.map(|(row, value)| Place { line: line(row), reason: shorten(&value) }));
    }

    /// Adds those of another part of the same scan.
    pub(super) fn merge(&mut self, other: CastFailures) {
        self.since.extend(other.since);
        for (key, (count, places)) in other.values {
            let own = self.values.entry(key).or_default();
            own.0 += count;
            own.1.extend(places);
            own.1.sort();
            own.1.truncate(KEPT);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.since.is_empty()
    }
}

impl InputReport {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows of the input that are in the table.
    pub fn rows(&self) -> u64 {
        self.state().files.values().map(|f| f.rows).sum()
    }

    /// Rows of the input that are not in the table, because they are damaged.
    pub fn refused(&self) -> u64 {
        self.state().files.values().map(|f| f.refused).sum()
    }

    /// Values that are null because they did not fit their columns, among those that queries have read.
    pub fn misfits(&self) -> u64 {
        self.state().files.values().flat_map(|f| f.misfits.values()).map(|(count, _)| count).sum()
    }

    pub(crate) fn note(&self, note: String) {
        self.state().notes.push(note);
    }

    pub(super) fn file(&self, path: &Path, unit: &'static str, rows: u64, refused: u64, mut places: Vec<Place>) {
        places.sort();
        places.truncate(KEPT);
        let file = FileState { unit, rows, refused, places, ..FileState::default() };
        self.state().files.insert(path.to_owned(), file);
    }

    /// Adds rows of a file that were read, but may be damaged.
    pub(super) fn doubts(&self, path: &Path, doubts: Vec<Place>) {
        self.state().files.entry(path.to_owned()).or_default().doubts = doubts;
    }

    /// Adds the result of a scan. A table can be scanned several times: the most complete count is kept.
    pub(super) fn scanned(&self, misfits: &CastFailures) {
        let mut state = self.state();
        for (path, column, unit) in &misfits.since {
            let file = state.files.entry(path.clone()).or_default();
            file.since.entry(column.clone()).or_default().insert(*unit);
        }
        for ((path, column), (count, places)) in &misfits.values {
            let known = state.files.entry(path.clone()).or_default().misfits.entry(column.clone()).or_default();
            if *count > known.0 {
                *known = (*count, places.clone());
            }
        }
    }

    /// Adds the values that did not fit in a scan whose line numbers are not final; `line` returns the final ones.
    pub(super) fn adopt(&self, other: &InputReport, line: impl Fn(&Path, u64) -> u64) {
        let mut state = self.state();
        for (path, file) in &other.state().files {
            let Some(own) = state.files.get_mut(path) else { continue };
            own.misfits = file.misfits.clone();
            own.since = file.since.clone();
            for place in own.misfits.values_mut().flat_map(|(_, places)| places) {
                place.line = line(path, place.line);
            }
        }
    }

    /// Short lines for people; empty if there are no problems.
    pub fn notices(&self) -> Vec<String> {
        let state = self.state();
        let mut lines = state.notes.clone();
        for (path, file) in &state.files {
            if file.refused > 0 {
                let rows =
                    if file.refused == 1 { "1 row was".to_owned() } else { format!("{} rows were", file.refused) };
                lines.push(format!(
                    "{}: {rows} skipped: {}",
                    path.display(),
                    list(file.unit, &file.places, file.refused)
                ));
            }
            if file.refused == 0 && !file.places.is_empty() {
                let reasons = list(file.unit, &file.places, file.places.len() as u64);
                lines.push(format!("{}: {reasons}", path.display()));
            }
            if !file.doubts.is_empty() {
                let reasons = list(file.unit, &file.doubts, file.doubts.len() as u64);
                lines.push(format!("{}: {reasons}", path.display()));
            }
            for (column, units) in &file.since {
                let units: Vec<&str> = units.iter().map(|unit| unit.name()).collect();
                lines.push(format!(
                    "{}: the numbers in {column} are read as {} since 1970",
                    path.display(),
                    units.join(" or ")
                ));
            }
            for (column, (count, places)) in &file.misfits {
                let values = if *count == 1 { "1 value does".to_owned() } else { format!("{count} values do") };
                lines.push(format!(
                    "{}: {values} not fit the column {column} and became null: {}",
                    path.display(),
                    list(file.unit, places, *count)
                ));
            }
        }
        lines
    }
}

/// A column in a message.
pub(super) fn label(column: &Column) -> String {
    format!("{} ({})", column.name, column.ty)
}

fn list(unit: &str, places: &[Place], count: u64) -> String {
    let mut text: Vec<String> = places.iter().map(|p| crate::error::place(unit, p.line, &p.reason)).collect();
    if count > places.len() as u64 {
        text.push("and more".to_owned());
    }
    text.join("; ")
}
