//! What a hit remembers of its rows, which can be more than fit into memory.

use super::outcome::{FoundEntity, Hit};
use crate::rule::Rule;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use kql_engine::{Column, ScalarType, TableSchema, cell};
use std::collections::BTreeMap;

/// The different entities of a rule that are counted.
const MOST_ENTITIES: usize = 1_000;

/// The parts into which time is divided, at most.
const PARTS: i64 = 2_000;

/// 100 ns ticks of a minute.
const MINUTE: i64 = 600_000_000;

/// The columns that have the time of a row, in order of precedence.
const TIMES: [&str; 3] = ["TimeGenerated", "Timestamp", "timestamp"];

/// The rows of a rule so far.
pub(crate) struct Tally {
    hit: Hit,
    time: Option<usize>,
    entities: Vec<Mapped>,
    found: BTreeMap<(String, Vec<(String, String)>), u64>,
    /// Rows to remember.
    sample: usize,
    started: bool,
}

/// An entity that is made of these columns.
struct Mapped {
    kind: String,
    fields: Vec<(String, usize)>,
}

impl Tally {
    pub(crate) fn new(sample: usize) -> Tally {
        Tally { hit: Hit::default(), time: None, entities: Vec::new(), found: BTreeMap::new(), sample, started: false }
    }

    /// The result to which the next rows belong; the columns of the first one are shown.
    pub(crate) fn begin(&mut self, rule: &Rule, schema: &TableSchema) {
        let place = |name: &str| schema.columns.iter().position(|column| column.name == name);
        self.time = time_column(schema);
        self.entities = rule
            .entities
            .iter()
            .map(|entity| Mapped {
                kind: entity.kind.value.clone(),
                fields: entity
                    .fields
                    .iter()
                    .filter_map(|field| Some((field.identifier.value.clone(), place(&field.column.value)?)))
                    .collect(),
            })
            .collect();
        if !self.started {
            self.hit.columns.clone_from(&schema.columns);
            self.hit.time = self.time.and_then(|at| schema.columns.get(at)).map(|column| column.name.clone());
        }
        self.started = true;
    }

    /// Adds rows; `shown` are those of the first result.
    pub(crate) fn add(&mut self, schema: &TableSchema, batch: &RecordBatch, shown: Shown) {
        self.hit.rows += batch.num_rows() as u64;
        if let Some(times) = self.time.and_then(|at| batch.columns().get(at)?.as_primitive_opt::<Int64Type>()) {
            for time in times.iter().flatten() {
                self.hit.first = Some(self.hit.first.map_or(time, |first| first.min(time)));
                self.hit.last = Some(self.hit.last.map_or(time, |last| last.max(time)));
                *self.hit.times.entry(time.div_euclid(MINUTE) * MINUTE).or_default() += 1;
            }
            self.coarsen();
        }
        for row in 0..batch.num_rows() {
            if shown == Shown::Yes && self.hit.sample.len() < self.sample {
                self.hit.sample.push(cells(&schema.columns, batch, row));
            }
            for entity in &self.entities {
                let fields: Vec<(String, String)> = entity
                    .fields
                    .iter()
                    .filter_map(|(name, at)| Some((name.clone(), value(schema, batch, *at, row)?)))
                    .collect();
                if fields.is_empty() {
                    continue;
                }
                let key = (entity.kind.clone(), fields);
                if let Some(rows) = self.found.get_mut(&key) {
                    *rows += 1;
                } else if self.found.len() < MOST_ENTITIES {
                    self.found.insert(key, 1);
                } else {
                    self.hit.more_entities = true;
                }
            }
        }
    }

    /// Few parts of time are left, however long the rows last.
    fn coarsen(&mut self) {
        let mut width = MINUTE;
        while self.hit.times.len() as i64 > PARTS {
            width *= 2;
            let mut wider = BTreeMap::new();
            for (time, rows) in &self.hit.times {
                *wider.entry(time.div_euclid(width) * width).or_default() += rows;
            }
            self.hit.times = wider;
        }
    }

    /// The hit; `None` if there is no row.
    pub(crate) fn finish(mut self) -> Option<Hit> {
        if self.hit.rows == 0 {
            return None;
        }
        let found = self.found.into_iter().map(|((kind, fields), rows)| FoundEntity { kind, fields, rows });
        self.hit.entities = found.collect();
        self.hit.entities.sort_by_key(|entity| std::cmp::Reverse(entity.rows));
        Some(self.hit)
    }
}

/// Whether rows can be in the sample.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Yes,
    No,
}

/// The column with the time of the rows.
fn time_column(schema: &TableSchema) -> Option<usize> {
    let is_time = |column: &Column| column.ty == ScalarType::Datetime;
    let named = |name: &&str| schema.columns.iter().position(|column| column.name == **name && is_time(column));
    TIMES.iter().find_map(named).or_else(|| schema.columns.iter().position(is_time))
}

fn cells(columns: &[Column], batch: &RecordBatch, row: usize) -> Vec<Option<String>> {
    columns.iter().zip(batch.columns()).map(|(column, array)| shown(array.as_ref(), column.ty, row)).collect()
}

fn shown(array: &dyn Array, ty: ScalarType, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    let mut out = String::new();
    cell::text(array, ty, row, &mut out);
    Some(out)
}

/// The cell, if it has a value and the value is not empty.
fn value(schema: &TableSchema, batch: &RecordBatch, at: usize, row: usize) -> Option<String> {
    let text = shown(batch.columns().get(at)?.as_ref(), schema.columns.get(at)?.ty, row)?;
    (!text.is_empty()).then_some(text)
}
