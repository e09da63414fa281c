//! `new_activity_metrics`: how many of the ids that were new in a window returned in each later window.
//!
//! <https://learn.microsoft.com/kusto/query/new-activity-metrics-plugin>

use super::Plugin;
use super::error::PluginError;
use super::timeline::{self, Axis, Numbered};
use crate::bind::{Binder, Row};
use crate::plan::{Compiler, Expr, PlanColumn, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType::{self, Long, Real};
use arrow::array::{Array, ArrayRef, Float64Array, Int64Array};
use kql_parser::ast;
use kql_parser::codes;
use std::collections::BTreeMap;
use std::sync::Arc;

pub static NEW_ACTIVITY_METRICS: Plugin = Plugin {
    name: "new_activity_metrics",
    signature: "(id, time, start, end, window, [cohort], [dimension], ...)",
    summary: "For each window, how many of its new ids came back in each later window.",
    page: "new-activity-metrics-plugin",
    bind: |binder, evaluate, input| bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation()),
};

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let [id, time, start, end, window, rest @ ..] = evaluate.call.args.as_slice() else {
        timeline::too_few(binder, evaluate, 5);
        return None;
    };
    let span = evaluate.call_span;
    let id = super::column_of(binder, id, input)?;
    let time = timeline::time_column(binder, time, input)?;
    let start = timeline::number(binder, start, "Start", time.ty, Axis::Point)?;
    let end = timeline::number(binder, end, "End", time.ty, Axis::Point)?;
    let step = timeline::number(binder, window, "Window", time.ty, Axis::Length)?;
    let (mut cohort, mut dimensions) = (None, Vec::new());
    for (n, argument) in rest.iter().enumerate() {
        if binder.is_tabular(argument) {
            binder.error(
                codes::UNSUPPORTED_ARGUMENT,
                argument.span,
                "new_activity_metrics() with a Lookback is not supported yet.",
            );
            return None;
        }
        if n == 0 && crate::bind::plain_column(argument, Row::of(input)).is_none() {
            let place = timeline::number(binder, argument, "Cohort", time.ty, Axis::Point)?;
            if timeline::window(place, step, start) != Some(place) {
                binder.error(codes::UNSUPPORTED_ARGUMENT, argument.span, "The Cohort must be the start of a window.");
                return None;
            }
            cohort = Some(place);
            continue;
        }
        dimensions.push(super::column_of(binder, argument, input)?);
    }
    for column in dimensions.iter().chain([&id]) {
        crate::operators::not_dynamic(binder, &Expr::column(column, span));
    }
    let mut columns = vec![
        binder.new_column(format!("from_{}", time.name), time.ty),
        binder.new_column(format!("to_{}", time.name), time.ty),
    ];
    columns.extend(dimensions.iter().map(|d| binder.new_column(d.name.clone(), d.ty)));
    let counts = ["dcount_new_values", "dcount_retained_values", "dcount_churn_values"];
    columns.extend(counts.map(|name| binder.new_column(name, Long)));
    columns.extend(["retention_rate", "churn_rate"].map(|name| binder.new_column(name, Real)));
    let read = [&time, &id].into_iter().chain(&dimensions).map(|c: &PlanColumn| Expr::column(c, span)).collect();
    let rows = timeline::rows(binder, input, read);
    let metrics = Metrics { types: columns.iter().map(|c| c.ty).collect(), start, end, step, cohort };
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(metrics))), Some(columns)))
}

/// The maximum number of rows of a result.
const MOST: usize = 10_000_000;

#[derive(Debug)]
struct Metrics {
    types: Vec<ScalarType>,
    start: i64,
    end: i64,
    step: i64,
    cohort: Option<i64>,
}

/// A row of the result.
struct Line {
    group: u32,
    from: i64,
    to: i64,
    new: i64,
    retained: i64,
    all: i64,
}

impl TableFunction for Metrics {
    fn name(&self) -> &str {
        "new_activity_metrics"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        if let Some(note) = timeline::unaligned(NEW_ACTIVITY_METRICS.name, self.start, self.step) {
            compiler.note(&note);
        }
        let _held = input.reserve(input.rows().saturating_mul(timeline::EACH))?;
        let (mut ids, mut groups, mut events) = (Numbered::default(), Numbered::default(), Vec::new());
        for batch in input.batches()? {
            let batch = &batch?;
            let [time, id, dimensions @ ..] = batch.columns() else { continue };
            let times = timeline::longs(time)?;
            let numbers = ids.add(std::slice::from_ref(id), batch.num_rows())?;
            let places = groups.add(dimensions, batch.num_rows())?;
            for (row, (group, number)) in places.into_iter().zip(numbers).enumerate() {
                if times.is_valid(row) && id.is_valid(row) && (self.start..=self.end).contains(&times.value(row)) {
                    let window = timeline::window(times.value(row), self.step, self.start).unwrap_or(self.start);
                    events.push((group, number, window));
                }
            }
        }
        events.sort_unstable();
        events.dedup();
        let mut lines = Vec::new();
        for group in events.chunk_by(|a, b| a.0 == b.0) {
            self.compare(group, compiler, &mut lines)?;
        }
        if lines.is_empty() {
            return Ok(());
        }
        let ty = self.types.first().copied();
        let longs = |of: fn(&Line) -> i64| Arc::new(Int64Array::from_iter_values(lines.iter().map(of))) as ArrayRef;
        let reals = |of: fn(&Line) -> f64| Arc::new(Float64Array::from_iter_values(lines.iter().map(of))) as ArrayRef;
        let mut arrays = vec![timeline::typed(longs(|l| l.from), ty)?, timeline::typed(longs(|l| l.to), ty)?];
        arrays.extend(groups.columns(&lines.iter().map(|l| l.group).collect::<Vec<_>>())?);
        arrays.extend([longs(|l| l.new), longs(|l| l.retained), longs(|l| l.all - l.retained)]);
        arrays.push(reals(|l| l.retained as f64 / l.all as f64));
        arrays.push(reals(|l| (l.all - l.retained) as f64 / l.all as f64));
        Ok(out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?)
    }
}

impl Metrics {
    /// The lines of one group, whose events are in the order of the ids and windows.
    fn compare(
        &self,
        events: &[(u32, u32, i64)],
        compiler: &dyn Compiler,
        lines: &mut Vec<Line>,
    ) -> Result<(), PluginError> {
        let group = events.first().map_or(0, |e| e.0);
        // by window: how many of the ids that were new in another window occurred
        let mut came: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
        for one in events.chunk_by(|a, b| a.1 == b.1) {
            let first = one.first().map_or(0, |e| e.2);
            for (.., window) in one {
                *came.entry(*window).or_default().entry(first).or_default() += 1;
            }
        }
        let count = |to: i64, of: i64| came.get(&to).and_then(|c| c.get(&of)).copied().unwrap_or(0);
        let windows = |from: i64| {
            std::iter::successors(Some(from), |at| at.checked_add(self.step)).take_while(|at| *at <= self.end)
        };
        let asked = |from: &i64| self.cohort.is_none_or(|cohort| cohort == *from);
        let cohorts: Vec<i64> = came.keys().copied().filter(|from| asked(from) && count(*from, *from) > 0).collect();
        let all_windows = (i128::from(self.end) - i128::from(self.start)).div_euclid(self.step.into()) + 1;
        let wanted = if self.cohort.is_some() { 1 } else { all_windows };
        if (cohorts.len() as i128) < wanted {
            compiler.note(
                "new_activity_metrics(): a window without new users has no rows here; Kusto may return rows \
                 without rates.",
            );
        }
        for from in cohorts {
            let all = count(from, from);
            for to in windows(from) {
                let later = came.get(&to).map_or(0, |c| c.range(from + 1..).map(|(_, n)| n).sum());
                let new = if to == from { all } else { later };
                lines.push(Line { group, from, to, new, retained: count(to, from), all });
                if lines.len() > MOST {
                    return Err(PluginError::TooManyRows);
                }
            }
        }
        Ok(())
    }
}
