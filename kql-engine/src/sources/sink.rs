//! Where the readers of text formats put their rows: batches under construction.

use super::builder::{ColumnBuilder, Fit};
use super::dates::DateRule;
use super::json_text::Raw;
use super::report::{Misfits, Place};
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
    fn rule(&self, column: usize) -> Option<DateRule> {
        self.rules.get(column).copied().flatten()
    }
}

/// Bytes after which a batch is given out whatever its number of rows, so that offsets cannot overflow.
const MOST_BYTES: usize = 64 << 20;

/// A batch under construction.
pub(super) struct Sink {
    columns: Vec<Column>,
    builders: Vec<ColumnBuilder>,
    schema: SchemaRef,
    batch_size: usize,
    rows: usize,
    bytes: usize,
    pub misfits: Misfits,
}

impl Sink {
    pub(super) fn new(columns: Vec<Column>, schema: SchemaRef, batch_size: usize) -> Sink {
        let batch_size = batch_size.max(1);
        let builders = columns.iter().map(|c| ColumnBuilder::new(c.ty, batch_size)).collect();
        Sink { columns, builders, schema, batch_size, rows: 0, bytes: 0, misfits: Misfits::default() }
    }

    /// One that counts rows and keeps nothing.
    pub(super) fn counting() -> Sink {
        Sink::new(Vec::new(), Arc::new(arrow::datatypes::Schema::empty()), usize::MAX)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.batch_size || self.bytes >= MOST_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds a row of JSON values; `bytes` is its length in the file.
    pub(super) fn push_json(&mut self, mapping: &Mapping, values: &[Raw], path: &Path, line: u64, bytes: usize) {
        let columns = self.builders.iter_mut().zip(&self.columns).zip(&mapping.of_column);
        for (i, ((builder, column), index)) in columns.enumerate() {
            let Some(raw) = index.and_then(|i| values.get(i)) else {
                builder.push_missing();
                continue;
            };
            let fit = match mapping.rule(i) {
                Some(rule) => match raw {
                    Raw::String(text, _) => builder.push_date(text, rule),
                    other => builder.push_json(*other),
                },
                None => builder.push_json(*raw),
            };
            if fit == Fit::Misfit {
                let reason = || match raw {
                    Raw::String(text, _) | Raw::Number(text) | Raw::Nested(text) => shorten(text),
                    other => format!("{other:?}"),
                };
                self.misfits.add(path, &label(column), || Place { line, reason: reason() });
            }
        }
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Adds a row of texts; `value` gives that of an index of the mapping's names.
    pub(super) fn push_texts<'a>(
        &mut self,
        mapping: &Mapping,
        value: impl Fn(usize) -> Cow<'a, str>,
        path: &Path,
        line: impl Fn() -> u64,
        bytes: usize,
    ) {
        let columns = self.builders.iter_mut().zip(&self.columns).zip(&mapping.of_column);
        for (at, ((builder, column), index)) in columns.enumerate() {
            match index {
                None => builder.push_missing(),
                Some(i) => {
                    let text = value(*i);
                    let fit = match mapping.rule(at) {
                        Some(rule) => builder.push_date(&text, rule),
                        None => builder.push_text(&text),
                    };
                    if fit == Fit::Misfit {
                        self.misfits.add(path, &label(column), || Place { line: line(), reason: shorten(&text) });
                    }
                }
            }
        }
        self.rows += 1;
        self.bytes += bytes;
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
