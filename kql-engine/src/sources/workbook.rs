//! Workbooks of Excel (`.xlsx`, `.xlsm`): each sheet with cells is a table, its first row the header.
//!
//! | cell | value |
//! | --- | --- |
//! | a number | a number; a whole one has no fraction |
//! | a date, with or without a time | datetime |
//! | a time of day, a duration | timespan, as a text |
//! | true, false | bool |
//! | an error such as `#N/A` | null, counted in a notice |
//! | empty | null |

use super::archive;
use super::csv;
use super::error::WorkbookError;
use super::guard::guarded;
use super::input::DataFile;
use super::recognise::WORKBOOK_NAME;
use crate::error::SourceError;
use crate::time::{DAY, MILLISECOND};
use ::csv::ByteRecord;
use calamine::{Cell, Data, DataRef, ExcelDateTime, Range, Reader, Xlsx, XlsxError};
use kql_parser::time::{datetime_text, timespan_text};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::Arc;

/// An item of a workbook.
pub(super) enum Item {
    /// A sheet's columns.
    Header(Option<Arc<str>>, Vec<String>),
    /// The row's number in its sheet, and the row as a JSON object.
    Row(Option<Arc<str>>, u64, String),
}

/// The rows of a workbook's sheets.
pub(super) struct Workbook {
    sheets: VecDeque<Sheet>,
    errors: u64,
}

struct Sheet {
    /// The table, if the workbook has several.
    table: Option<Arc<str>>,
    /// Empty until the first row was read.
    header: Vec<String>,
    /// Number of rows before the first one with cells.
    before: u64,
    /// The next row.
    next: usize,
    cells: Range<Data>,
}

/// The maximum number of cells between the first and the last of a sheet: room is made for all of them.
const MOST_CELLS: u64 = 1 << 25;

/// The cells of a sheet; none if it is a chart.
fn cells(workbook: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<Range<Data>, WorkbookError> {
    let failed = |source| WorkbookError::Sheet { name: name.to_owned(), source };
    let mut reader = match workbook.worksheet_cells_reader(name) {
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Range::default()),
        reader => reader.map_err(failed)?,
    };
    let mut cells = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(failed)? {
        if *cell.get_value() != DataRef::Empty {
            cells.push(Cell::new(cell.get_position(), Data::from(cell.get_value().clone())));
        }
    }
    let side = |of: fn((u32, u32)) -> u32| {
        let all = || cells.iter().map(|cell| of(cell.get_position()));
        u64::from(all().max().unwrap_or(0) - all().min().unwrap_or(0)) + 1
    };
    let (rows, columns) = (side(|(row, _)| row), side(|(_, column)| column));
    if rows.saturating_mul(columns) > MOST_CELLS {
        return Err(WorkbookError::Span { name: name.to_owned(), rows, columns });
    }
    Ok(Range::from_sparse(cells))
}

impl Workbook {
    /// Reads the whole file.
    pub(super) fn open(file: &DataFile) -> Result<Workbook, SourceError> {
        let not_that = |reason: WorkbookError| SourceError::not_that(&file.path, WORKBOOK_NAME, reason);
        let bytes = file.read()?;
        archive::harmless(&bytes).map_err(|e| not_that(e.into()))?;
        let read = || -> Result<Vec<(String, Range<Data>)>, WorkbookError> {
            let mut workbook = Xlsx::new(Cursor::new(bytes))?;
            let names = workbook.sheet_names();
            names.into_iter().map(|name| Ok((name.clone(), cells(&mut workbook, &name)?))).collect()
        };
        let sheets = guarded(read).unwrap_or_else(|panic| Err(panic.into())).map_err(not_that)?;
        let filled: Vec<(String, Range<Data>)> = sheets.into_iter().filter(|(_, cells)| !cells.is_empty()).collect();
        let several = filled.len() > 1;
        let sheet = |(name, cells): (String, Range<Data>)| Sheet {
            table: several.then(|| table(&name).into()),
            header: Vec::new(),
            before: cells.start().map_or(0, |(row, _)| u64::from(row)),
            next: 0,
            cells,
        };
        Ok(Workbook { sheets: filled.into_iter().map(sheet).collect(), errors: 0 })
    }

    /// The next item, `None` at the end.
    pub(super) fn next(&mut self) -> Option<Item> {
        loop {
            let sheet = self.sheets.front_mut()?;
            let row = sheet.next;
            sheet.next += 1;
            let Some(cells) = sheet.cells.rows().nth(row) else {
                self.sheets.pop_front();
                continue;
            };
            if cells.iter().all(is_empty) {
                continue;
            }
            if sheet.header.is_empty() {
                let texts: Vec<String> = cells.iter().map(shown).collect();
                sheet.header = csv::names(&ByteRecord::from(texts));
                return Some(Item::Header(sheet.table.clone(), sheet.header.clone()));
            }
            let mut object = Map::new();
            for (name, cell) in sheet.header.iter().zip(cells) {
                self.errors += u64::from(matches!(cell, Data::Error(_)));
                object.insert(name.clone(), value(cell));
            }
            let number = sheet.before + row as u64 + 1;
            return Some(Item::Row(sheet.table.clone(), number, Value::Object(object).to_string()));
        }
    }

    /// A note about the workbook, in addition to its rows.
    pub(super) fn note(&self) -> Option<String> {
        let cells = if self.errors == 1 { "cell holds an error and is" } else { "cells hold an error and are" };
        (self.errors > 0).then(|| format!("{} {cells} null", self.errors))
    }
}

/// The table of a sheet among several: its name, or its number if it has a default name.
fn table(sheet: &str) -> String {
    let digits = sheet.trim_start_matches(|c: char| c.is_alphabetic());
    let word = sheet.strip_suffix(digits).unwrap_or(sheet);
    let own = ["Sheet", "Tabelle", "Feuil", "Hoja", "Foglio", "Planilha", "Blad"].contains(&word);
    if own && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}{digits}", super::recognise::AFTER)
    } else {
        sheet.to_owned()
    }
}

fn is_empty(cell: &Data) -> bool {
    match cell {
        Data::Empty => true,
        Data::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A cell as the name of a column.
fn shown(cell: &Data) -> String {
    match value(cell) {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn value(cell: &Data) -> Value {
    match cell {
        Data::Empty | Data::Error(_) => Value::Null,
        Data::Int(number) => (*number).into(),
        // Excel has no other numbers; beyond 2^53 the digits would differ from those of the cell
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => (*number as i64).into(),
        Data::Float(number) => serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Data::Bool(value) => (*value).into(),
        Data::String(text) | Data::DurationIso(text) => text.as_str().into(),
        Data::DateTimeIso(text) => text.as_str().into(),
        Data::DateTime(time) => date(time),
    }
}

/// A date or a time, to the millisecond.
fn date(time: &ExcelDateTime) -> Value {
    let days = time.as_f64();
    if time.is_duration() || (0.0..1.0).contains(&days) {
        let ticks = (days * (DAY / MILLISECOND) as f64).round() as i64 * MILLISECOND;
        return timespan_text(ticks).into();
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let midnight = crate::time::days(i64::from(year), u32::from(month), u32::from(day)).saturating_mul(DAY);
    let millis = ((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1000 + i64::from(milli);
    let ticks = midnight.saturating_add(millis * MILLISECOND);
    (datetime_text(ticks) + "Z").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    #[test]
    fn cells() {
        assert_eq!(value(&Data::Float(5.0)), 5);
        assert_eq!(value(&Data::Float(0.5)), 0.5);
        let of = |days, ty| date(&ExcelDateTime::new(days, ty, false));
        assert_eq!(of(45292.0, DateTime), "2024-01-01T00:00:00Z");
        assert_eq!(of(45292.75, DateTime), "2024-01-01T18:00:00Z");
        assert_eq!(of(0.5, DateTime), "12:00:00");
        assert_eq!(of(1.5, TimeDelta), "1.12:00:00");
    }

    #[test]
    fn names() {
        assert_eq!(table("Users"), "Users");
        assert_eq!(table("Sheet2"), "_2");
        assert_eq!(table("Q3"), "Q3");
    }
}
