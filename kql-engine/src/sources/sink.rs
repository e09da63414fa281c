//! Where the readers of text formats put their rows: batches under construction.

use super::builder::{ColumnBuilder, Fit};
use super::dates::DateRule;
use super::json_text::Raw;
use super::report::{Misfits, Place};
use super::sieve::Sieve;
use crate::dynamic::unescape;
use crate::types::Column;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Reads a part of a file into batches.
pub(super) trait RowReader: Send {
    /// Reads until the sink is full or the part is at its end; false in the latter case.
    fn fill(&mut self, sink: &mut Sink) -> Result<bool>;
}

/// Which value of a file's row goes into which column.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    /// The names in the file that are wanted.
    pub names: Vec<String>,
    /// For each column of the result the index of the name; none where the file has nothing for it.
    pub of_column: Vec<Option<usize>>,
    /// For each column how its dates are read; nothing where all are read as usual.
    pub rules: Vec<Option<DateRule>>,
}

impl Mapping {
    /// For the columns of a result, given the name that each has in the file.
    pub(super) fn new<'a>(columns: impl Iterator<Item = Option<&'a str>>) -> Mapping {
        let mut mapping = Mapping::default();
        for name in columns {
            let index = name.map(|name| {
                mapping.names.iter().position(|n| n == name).unwrap_or_else(|| {
                    mapping.names.push(name.to_owned());
                    mapping.names.len() - 1
                })
            });
            mapping.of_column.push(index);
        }
        mapping
    }

    /// How the dates of a column are read, if not as usual.
    pub(super) fn rule(&self, column: usize) -> Option<DateRule> {
        self.rules.get(column).copied().flatten()
    }
}

/// A value as the file has it.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    Json(Raw<'a>),
    /// As in CSV.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// How a message shows it.
    fn shown(&self) -> String {
        match self {
            Cell::Text(text) => shorten(text),
            Cell::Json(Raw::String(text) | Raw::Number(text) | Raw::Nested(text)) => shorten(text),
            Cell::Json(other) => format!("{other:?}"),
        }
    }
}

/// Puts a value into a column.
#[inline]
pub(super) fn push_cell(builder: &mut ColumnBuilder, cell: &Cell, rule: Option<DateRule>) -> Fit {
    match (cell, rule) {
        (Cell::Json(Raw::String(text)), Some(rule)) => builder.push_date(&unescape(text), rule),
        (Cell::Json(raw), _) => builder.push_json(*raw),
        (Cell::Text(text), Some(rule)) => builder.push_date(text, rule),
        (Cell::Text(text), None) => builder.push_text(text),
    }
}

/// Rows of a file that are in no batch yet.
pub(super) trait Rows<'a> {
    fn len(&self) -> usize;
    /// The value of a row, by the index of the mapping's name.
    fn cell(&self, row: usize, name: usize) -> Cell<'a>;
    fn line(&self, row: usize) -> u64;
    /// The length of a row in the file.
    fn bytes(&self, row: usize) -> usize;
}

/// Bytes after which a batch is given out whatever its number of rows, so that offsets cannot overflow.
const MOST_BYTES: usize = 64 << 20;

/// Room for so many rows is made before there are any: files of few rows and many columns are as usual as long ones.
const FIRST: usize = 64;

/// A batch under construction.
pub(super) struct Sink {
    columns: Vec<Column>,
    builders: Vec<ColumnBuilder>,
    schema: SchemaRef,
    batch_size: usize,
    rows: usize,
    bytes: usize,
    sieve: Option<Sieve>,
    pub misfits: Misfits,
}

impl Sink {
    pub(super) fn new(columns: Vec<Column>, schema: SchemaRef, batch_size: usize, sieve: Option<Sieve>) -> Sink {
        let batch_size = batch_size.max(1);
        let builders = columns.iter().map(|c| ColumnBuilder::new(c.ty, batch_size.min(FIRST))).collect();
        Sink { columns, builders, schema, batch_size, rows: 0, bytes: 0, sieve, misfits: Misfits::default() }
    }

    /// One that counts rows and keeps nothing.
    pub(super) fn counting() -> Sink {
        Sink::new(Vec::new(), Arc::new(arrow::datatypes::Schema::empty()), usize::MAX, None)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.batch_size || self.bytes >= MOST_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many rows more the batch takes.
    pub(super) fn room(&self) -> usize {
        self.batch_size.saturating_sub(self.rows)
    }

    /// Adds a row of JSON values; `bytes` is its length in the file.
    pub(super) fn push_json(&mut self, mapping: &Mapping, values: &[Raw], path: &Path, line: u64, bytes: usize) {
        let cell = |name: usize| Cell::Json(values.get(name).copied().unwrap_or(Raw::Null));
        self.push_row(mapping, cell, path, || line, bytes, false);
    }

    /// Adds a row; `cell` gives the value of an index of the mapping's names.
    pub(super) fn push_row<'a>(
        &mut self,
        mapping: &Mapping,
        cell: impl Fn(usize) -> Cell<'a>,
        path: &Path,
        line: impl Fn() -> u64,
        bytes: usize,
        sieved: bool,
    ) {
        let columns = self.builders.iter_mut().zip(&self.columns).zip(&mapping.of_column);
        for (at, ((builder, column), name)) in columns.enumerate() {
            let Some(name) = name else {
                builder.push_missing();
                continue;
            };
            let cell = cell(*name);
            // of what the sieve looked at it has told already
            let told = || sieved && self.sieve.as_ref().is_some_and(|sieve| sieve.has(at));
            match push_cell(builder, &cell, mapping.rule(at)) {
                Fit::Misfit if !told() => {
                    self.misfits.add(path, &label(column), || Place { line: line(), reason: cell.shown() });
                }
                Fit::Since(unit) => self.misfits.since(path, &column.name, unit),
                _ => {}
            }
        }
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Adds rows that fit into the batch, but for those that no filter lets pass.
    pub(super) fn push_rows<'a>(&mut self, mapping: &Mapping, rows: &impl Rows<'a>, path: &Path) -> Result<()> {
        let passed = match &mut self.sieve {
            Some(sieve) if !sieve.is_given_up() => {
                let (columns, misfits) = (&self.columns, &mut self.misfits);
                Some(sieve.pass(columns, mapping, rows, |row, column, cell| {
                    let Some(column) = columns.get(column) else { return };
                    misfits.add(path, &label(column), || Place { line: rows.line(row), reason: cell.shown() });
                })?)
            }
            _ => None,
        };
        let sieved = passed.is_some();
        let mut push = |row| {
            self.push_row(mapping, |name| rows.cell(row, name), path, || rows.line(row), rows.bytes(row), sieved);
        };
        match passed {
            Some(passed) => passed.into_iter().for_each(&mut push),
            None => (0..rows.len()).for_each(&mut push),
        }
        Ok(())
    }

    /// The batch so far.
    pub(super) fn finish(&mut self) -> Result<RecordBatch> {
        let arrays = self.builders.iter_mut().map(ColumnBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?)
    }
}

fn label(column: &Column) -> String {
    format!("{} ({})", column.name, column.ty)
}

/// A value as a message shows it.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("'{short}'")
}
