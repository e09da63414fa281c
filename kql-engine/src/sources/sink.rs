//! Receives the rows of the readers of text formats: batches under construction.

use super::builder::{ColumnBuilder, Fit};
use super::report::{CastFailures, Place, label};
use super::row_filter::RowFilter;
use super::rows::{Cell, Mapping, Rows, push_cell};
use crate::types::Column;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use kql_scan::json_text::Raw;
use std::path::Path;
use std::sync::Arc;

/// Reads a part of a file into batches.
pub(super) trait RowReader: Send {
    /// Reads until the sink is full or the part ends; false at the end.
    fn fill(&mut self, sink: &mut Sink) -> Result<bool>;
}

/// Bytes after which a batch is complete, whatever its number of rows, so that offsets cannot overflow.
const MOST_BYTES: usize = 64 << 20;

/// Number of rows for which room is allocated initially: files with few rows and many columns are as common as long ones.
const FIRST: usize = 64;

/// Reports of the values of a row that do not fit their columns.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reports {
    /// The filter has made those of the columns that it reads.
    ByFilter,
    /// None is made yet.
    Due,
}

/// A batch under construction.
pub(super) struct Sink {
    columns: Vec<Column>,
    builders: Vec<ColumnBuilder>,
    schema: SchemaRef,
    batch_size: usize,
    rows: usize,
    bytes: usize,
    filter: Option<RowFilter>,
    pub misfits: CastFailures,
}

impl Sink {
    pub(super) fn new(columns: Vec<Column>, schema: SchemaRef, batch_size: usize, filter: Option<RowFilter>) -> Sink {
        let batch_size = batch_size.max(1);
        let builders = columns.iter().map(|c| ColumnBuilder::new(c.ty, batch_size.min(FIRST))).collect();
        Sink { columns, builders, schema, batch_size, rows: 0, bytes: 0, filter, misfits: CastFailures::default() }
    }

    /// A sink that counts rows and keeps none.
    pub(super) fn counting() -> Sink {
        Sink::new(Vec::new(), Arc::new(arrow::datatypes::Schema::empty()), usize::MAX, None)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.batch_size || self.bytes >= MOST_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of rows that the batch can still take.
    pub(super) fn room(&self) -> usize {
        self.batch_size.saturating_sub(self.rows)
    }

    /// Adds a row of JSON values; `bytes` is its length in the file.
    pub(super) fn push_json(&mut self, mapping: &Mapping, values: &[Raw], path: &Path, line: u64, bytes: usize) {
        let cell = |name: usize| Cell::Json(values.get(name).copied().unwrap_or(Raw::Null));
        self.push_row(mapping, cell, path, || line, bytes, Reports::Due);
    }

    /// Adds a row; `cell` returns the value for an index of the mapping's names.
    pub(super) fn push_row<'a>(
        &mut self,
        mapping: &Mapping,
        cell: impl Fn(usize) -> Cell<'a>,
        path: &Path,
        line: impl Fn() -> u64,
        bytes: usize,
        reports: Reports,
    ) {
        let columns = self.builders.iter_mut().zip(&self.columns).zip(&mapping.of_column);
        for (at, ((builder, column), name)) in columns.enumerate() {
            let Some(name) = name else {
                builder.push_missing();
                continue;
            };
            let cell = cell(*name);
            let reported = || reports == Reports::ByFilter && self.filter.as_ref().is_some_and(|filter| filter.has(at));
            match push_cell(builder, &cell, mapping.rule(at)) {
                Fit::CastFailure if !reported() => {
                    self.misfits.add(path, &label(column), || Place { line: line(), reason: cell.shown() });
                }
                Fit::Since(unit) => self.misfits.since(path, &column.name, unit),
                _ => {}
            }
        }
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Adds rows that fit into the batch, except those that a filter drops.
    pub(super) fn push_rows<'a>(&mut self, mapping: &Mapping, rows: &impl Rows<'a>, path: &Path) -> Result<()> {
        let passed = match &mut self.filter {
            Some(filter) if !filter.is_disabled() => {
                let (columns, misfits) = (&self.columns, &mut self.misfits);
                Some(filter.pass(columns, mapping, rows, |row, column, cell| {
                    let Some(column) = columns.get(column) else { return };
                    misfits.add(path, &label(column), || Place { line: rows.line(row), reason: cell.shown() });
                })?)
            }
            _ => None,
        };
        let reports = if passed.is_some() { Reports::ByFilter } else { Reports::Due };
        let mut push = |row| {
            self.push_row(mapping, |name| rows.cell(row, name), path, || rows.line(row), rows.bytes(row), reports);
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
