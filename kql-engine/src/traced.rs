//! A traced run: the results of a query, and what happened to rows on the way.

use crate::answer::{Answer, Table};
use crate::database::Inspection;
use crate::engine_core::EngineCore;
use crate::error::Error;
use crate::lower::probe::RecordingExec;
use crate::prepared::{Prepared, defects_named};
use crate::trace::{MARK, Trace, TraceOptions, Tracing, numbers};
use arrow::array::{Array, AsArray, RecordBatch};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The results of a traced run.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The same results as those of a run that is not traced.
    pub answer: Answer,
    /// What was recorded.
    pub trace: Trace,
    /// Whether each row of the results is made from one followed row alone, and no other row of its table changes that:
    /// rows can then be tested together.
    pub row_by_row: bool,
}

/// Runs a query and records what happens to its rows. Expects a deep stack, and blocks.
pub(crate) fn trace(
    core: &Arc<EngineCore>,
    text: &str,
    options: &TraceOptions,
    cancel: &CancellationToken,
) -> Result<Traced, Error> {
    defects_named(text, || {
        let tracing = Arc::new(Tracing::new(options.clone()));
        let mut snapshot = core.database.snapshot(Inspection::Complete);
        snapshot.tracing = Some(tracing.clone());
        let prepared = Prepared::over(core, Arc::new(snapshot), text, core.time(), cancel)?;
        let tables = prepared.collect(cancel)?;
        tracing.take_plans().iter().for_each(|plan| add_costs(&tracing, plan, None));
        let mut trace = tracing.finish(prepared.steps(), text);
        let tables = tables.into_iter().map(|table| without_mark(table, &mut trace.sources)).collect();
        let row_by_row = options.follow.as_ref().is_some_and(|follow| prepared.is_row_by_row(&follow.table));
        Ok(Traced { answer: prepared.answer(tables), trace, row_by_row })
    })
}

/// The steps of a query, which does not run. Expects a deep stack, and blocks.
pub(crate) fn steps(core: &Arc<EngineCore>, text: &str) -> Result<Trace, Error> {
    defects_named(text, || {
        let tracing = Arc::new(Tracing::new(TraceOptions::default()));
        let mut snapshot = core.database.snapshot(Inspection::Complete);
        snapshot.tracing = Some(tracing.clone());
        let prepared = Prepared::over(core, Arc::new(snapshot), text, core.time(), &CancellationToken::new())?;
        Ok(tracing.finish(prepared.steps(), text))
    })
}

/// Adds what the operators of a plan have measured to the step whose rows they make.
fn add_costs(tracing: &Tracing, plan: &Arc<dyn ExecutionPlan>, step: Option<usize>) {
    if let Some(recording) = plan.downcast_ref::<RecordingExec>() {
        recording.step().into_iter().for_each(|step| tracing.add_use(step));
        return add_costs(tracing, recording.input(), recording.step().or(step));
    }
    if let (Some(step), Some(metrics)) = (step, plan.metrics()) {
        tracing.add_cost(step, time(&metrics), metrics.spilled_bytes().unwrap_or(0) as u64);
    }
    plan.children().into_iter().for_each(|child| add_costs(tracing, child, step));
}

fn time(metrics: &MetricsSet) -> Option<Duration> {
    metrics.elapsed_compute().map(|nanos| Duration::from_nanos(nanos as u64))
}

/// The table without the numbers of followed rows, which are added to the sources of its rows.
fn without_mark(mut table: Table, sources: &mut Vec<Vec<Vec<i64>>>) -> Table {
    let mut of_rows = Vec::new();
    if table.schema.columns.last().is_some_and(|column| column.name == MARK) {
        table.schema.columns.pop();
        table.batches = table
            .batches
            .iter()
            .map(|batch| {
                let last = batch.num_columns().saturating_sub(1);
                let texts = batch.column(last).as_string_opt::<i32>();
                of_rows.extend((0..batch.num_rows()).map(|row| match texts {
                    Some(texts) if texts.is_valid(row) => numbers(texts.value(row)).collect(),
                    _ => Vec::new(),
                }));
                batch.project(&(0..last).collect::<Vec<_>>()).unwrap_or_else(|_| RecordBatch::new_empty(batch.schema()))
            })
            .collect();
    }
    sources.push(of_rows);
    table
}
