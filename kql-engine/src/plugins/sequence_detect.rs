//! `sequence_detect`: rows that follow one another within a given time.
//!
//! <https://learn.microsoft.com/kusto/query/sequence-detect-plugin>

use super::Plugin;
use super::error::PluginError;
use super::timeline::{self, Axis, Numbered};
use crate::bind::{Binder, Row};
use crate::plan::{Compiler, Expr, PlanColumn, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub static SEQUENCE_DETECT: Plugin = Plugin {
    name: "sequence_detect",
    signature: "(time, max_step: timespan, max_span: timespan, name = condition: bool, ..., [dimension], ...)",
    summary: "Detects sequences of rows that follow one another within given times.",
    page: "sequence-detect-plugin",
    bind,
};

/// The maximum number of steps of a search.
const MOST: usize = 20_000_000;

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    bound(binder, evaluate, input).unwrap_or_else(|| binder.empty_relation())
}

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Option<Relation> {
    let [time, step, whole, rest @ ..] = evaluate.call.args.as_slice() else {
        timeline::too_few(binder, evaluate, 4);
        return None;
    };
    if rest.is_empty() {
        timeline::too_few(binder, evaluate, 4);
        return None;
    }
    let time_span = time.span;
    let time = timeline::time_column(binder, time, &input)?;
    if time.ty != ScalarType::Datetime && time.ty != ScalarType::Timespan {
        binder.error(
            codes::UNSUPPORTED_ARGUMENT,
            time_span,
            "sequence_detect() only supports a timeline of type datetime or timespan.",
        );
        return None;
    }
    let step = timeline::number(binder, step, "MaxSequenceStepWindow", time.ty, Axis::Length)?;
    let whole = timeline::number(binder, whole, "MaxSequenceSpan", time.ty, Axis::Length)?;
    let (mut steps, mut names) = (Vec::new(), Vec::new());
    let mut dimensions: Vec<PlanColumn> = Vec::new();
    for argument in rest {
        let (name, value) = match &argument.kind {
            ast::ExprKind::Named(named) => (named.names.first().map(|n| n.text.clone()), &named.value),
            _ => (None, argument),
        };
        let column = crate::bind::plain_column(value, Row::of(&input)).cloned();
        let is_step = name.is_some() || (dimensions.is_empty() && column.as_ref().is_none_or(is_bool));
        if !is_step {
            dimensions.push(super::column_of(binder, value, &input)?);
            continue;
        }
        let condition = binder.predicate(value, Row::of(&input));
        if condition.ty == ScalarType::Unknown {
            return None;
        }
        let name = name.or_else(|| column.map(|c| c.name)).unwrap_or_default();
        names.push(format!("{name}_{}", time.name));
        steps.push(condition);
    }
    if steps.is_empty() {
        timeline::too_few(binder, evaluate, 4);
        return None;
    }
    let span = evaluate.call_span;
    for dimension in &dimensions {
        crate::operators::not_dynamic(binder, &Expr::column(dimension, span));
    }
    let mut columns: Vec<PlanColumn> = dimensions.iter().map(|d| binder.new_column(d.name.clone(), d.ty)).collect();
    columns.extend(names.into_iter().map(|name| binder.new_column(name, time.ty)));
    columns.push(binder.new_column("Duration", ScalarType::Timespan));
    let count = steps.len();
    let mut read = vec![Expr::column(&time, span)];
    read.extend(steps);
    read.extend(dimensions.iter().map(|d| Expr::column(d, span)));
    let input = binder.with_windows(input);
    let rows = timeline::rows(binder, &input, read);
    let sequences = Sequences { types: columns.iter().map(|c| c.ty).collect(), steps: count, step, whole };
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(sequences))), Some(columns)))
}

fn is_bool(column: &PlanColumn) -> bool {
    column.ty == ScalarType::Bool
}

#[derive(Debug)]
struct Sequences {
    types: Vec<ScalarType>,
    steps: usize,
    step: i64,
    whole: i64,
}

impl TableFunction for Sequences {
    fn name(&self) -> &str {
        "sequence_detect"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut groups = Numbered::default();
        // (group, step, time)
        let mut events: Vec<(u32, usize, i64)> = Vec::new();
        for batch in input.batches()? {
            let batch = &batch?;
            let Some((time, rest)) = batch.columns().split_first() else { continue };
            let Some((steps, dimensions)) = rest.split_at_checked(self.steps) else { continue };
            let times = timeline::longs(time)?;
            let numbers = groups.add(dimensions, batch.num_rows())?;
            for (step, holds) in steps.iter().enumerate() {
                let Some(holds) = holds.as_boolean_opt() else { continue };
                for (row, group) in numbers.iter().enumerate() {
                    if times.is_valid(row) && holds.is_valid(row) && holds.value(row) {
                        events.push((*group, step, times.value(row)));
                    }
                }
            }
        }
        events.sort_unstable();
        events.dedup();
        let mut search =
            Search { terms: self, taken: 0, ties: false, numbers: Vec::new(), found: vec![Vec::new(); self.steps] };
        for group in events.chunk_by(|a, b| a.0 == b.0) {
            let mut times: Vec<Vec<i64>> = vec![Vec::new(); self.steps];
            for (_, step, time) in group {
                if let Some(times) = times.get_mut(*step) {
                    times.push(*time);
                }
            }
            search.group(group.first().map_or(0, |e| e.0), &times)?;
        }
        if search.ties {
            compiler.note(TIES);
        }
        if search.numbers.is_empty() {
            return Ok(());
        }
        let mut arrays = groups.columns(&search.numbers)?;
        let durations: Int64Array = match (search.found.first(), search.found.last()) {
            (Some(first), Some(last)) => {
                first.iter().zip(last).map(|(first, last)| last.saturating_sub(*first)).collect()
            }
            _ => Int64Array::from(Vec::<i64>::new()),
        };
        arrays.extend(search.found.into_iter().map(|times| Arc::new(Int64Array::from(times)) as ArrayRef));
        arrays.push(Arc::new(durations));
        Ok(out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?)
    }
}

struct Search<'t> {
    terms: &'t Sequences,
    taken: usize,
    /// Whether two steps have the same time.
    ties: bool,
    numbers: Vec<u32>,
    /// The times of each step, sequence by sequence.
    found: Vec<Vec<i64>>,
}

impl Search<'_> {
    /// The sequences of a group; the times of each step are sorted.
    fn group(&mut self, number: u32, times: &[Vec<i64>]) -> Result<(), PluginError> {
        let Some((firsts, _)) = times.split_first() else { return Ok(()) };
        let (step, whole) = (self.terms.step, self.terms.whole);
        for first in firsts {
            // the times chosen so far, and for each step after the first the index to try next; without recursion, as
            // there can be many steps
            let mut taken = vec![*first];
            let mut places: Vec<usize> = Vec::new();
            while let Some(last) = taken.last().copied() {
                let Some(next) = times.get(taken.len()) else {
                    self.numbers.push(number);
                    for (found, time) in self.found.iter_mut().zip(&taken) {
                        found.push(*time);
                    }
                    taken.pop();
                    continue;
                };
                if places.len() < taken.len() {
                    places.push(next.partition_point(|t| *t < last));
                }
                self.taken += 1;
                if self.taken > MOST {
                    return Err(PluginError::TooManySequences);
                }
                let time = places.last().and_then(|place| next.get(*place)).copied();
                match time.filter(|t| t.saturating_sub(last) <= step && t.saturating_sub(*first) <= whole) {
                    Some(time) => {
                        self.ties |= time == last;
                        if let Some(place) = places.last_mut() {
                            *place += 1;
                        }
                        taken.push(time);
                    }
                    None => {
                        places.pop();
                        taken.pop();
                    }
                }
            }
        }
        Ok(())
    }
}

const TIES: &str = "sequence_detect(): two steps have the same time and are treated as consecutive; Kusto may \
     treat them differently.";
