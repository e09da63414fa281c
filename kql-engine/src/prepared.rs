//! A bound query and its runs.

use crate::answer::{Answer, Table};
use crate::bind::Bound;
use crate::budget;
use crate::database::{CatalogSnapshot, Inspection};
use crate::deep_stack::{on_deep_stack, spawn_deep, spawn_stoppable};
use crate::defect::Defect;
use crate::engine_core::{EngineCore, compile};
use crate::error::{Error, panic_message, run_error};
use crate::exec::{Naming, ROOM};
use crate::plan::{self, Query, Relation, StageId, StageResult};
use crate::strategy::Strategy;
use crate::stream::{Production, TableStream};
use crate::types::TableSchema;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;
use kql_parser::Diagnostic;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A bound query that can run any number of times. A clone shares its state.
#[derive(Clone)]
pub struct Prepared {
    core: Arc<EngineCore>,
    snapshot: Arc<CatalogSnapshot>,
    bound: Arc<Bound>,
    text: Arc<str>,
}

impl Prepared {
    /// Prepares a query. Expects a deep stack, and blocks.
    pub(crate) fn prepare(core: &Arc<EngineCore>, text: &str, cancel: &CancellationToken) -> Result<Prepared, Error> {
        defects_named(text, || {
            Prepared::over(core, Arc::new(core.database.snapshot(Inspection::Complete)), text, core.time(), cancel)
        })
    }

    pub(crate) fn over(
        core: &Arc<EngineCore>,
        snapshot: Arc<CatalogSnapshot>,
        text: &str,
        now: i64,
        cancel: &CancellationToken,
    ) -> Result<Prepared, Error> {
        let _entered = budget::enter(core.budget(cancel));
        let evaluate = |query: &mut Query, relation: &Relation| core.evaluate(&snapshot, query, relation, cancel);
        let (mut bound, _) = compile(text, &snapshot.at(now).with_evaluator(&evaluate));
        // constants that were not computed, because the run was stopped, would be reported as errors of the query
        budget::check().map_err(run_error)?;
        if let Some(defect) = snapshot.take_defect() {
            let plan = plan::print(&bound.query);
            return Err(Error::Internal(Box::new(Defect { query: text.to_owned(), plan, ..*defect })));
        }
        if bound.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Error::Query(bound.diagnostics));
        }
        crate::rewrite::rewrite(&mut bound.query);
        if let Some(tracing) = &snapshot.tracing {
            crate::trace::carry(&mut bound.query, tracing);
        }
        Ok(Prepared { core: core.clone(), snapshot, bound: Arc::new(bound), text: text.into() })
    }

    /// Warnings about the query.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.bound.diagnostics
    }

    /// The plan, as text.
    pub fn explain(&self) -> String {
        plan::print(&self.bound.query)
    }

    /// The names of the tables it reads, without duplicates.
    pub fn tables(&self) -> Vec<String> {
        crate::database::tables(&self.bound.query)
    }

    /// How many times a run reads a table from its beginning.
    pub fn reads(&self, table: &str) -> usize {
        crate::database::scans(&self.bound.query).filter(|name| *name == table).count()
    }

    /// The steps that a traced run counts.
    pub(crate) fn steps(&self) -> &[plan::StepInfo] {
        &self.bound.query.steps
    }

    /// Whether each row of the results is made from one row of the table alone, and no other row of it changes that: rows of
    /// the table can then be tested together.
    pub(crate) fn is_row_by_row(&self, table: &str) -> bool {
        plan::is_row_by_row(&self.bound.query, table)
    }

    /// The columns of each result.
    pub fn schemas(&self) -> Vec<TableSchema> {
        self.bound.query.results.iter().map(Relation::schema).collect()
    }

    /// For each result, the places of the columns by which the query orders its rows, most significant first: those of the
    /// last `sort` or `top` that are still there. Empty if the order is open.
    pub fn orders(&self) -> Vec<Vec<usize>> {
        self.bound.query.results.iter().map(Relation::ordered_by).collect()
    }

    /// Notices about the data, one per line: tables without data, rejected rows. Complete when the results have been read.
    pub fn notices(&self) -> Vec<String> {
        self.snapshot.notices(&self.bound.query)
    }

    /// Runs it and collects the results. Blocks.
    ///
    /// # Errors
    /// [`Error::Data`] if a file cannot be read, [`Error::Run`] if the run fails or exceeds its memory limit,
    /// [`Error::Interrupted`] after [`crate::Progress::stop`], [`Error::Internal`] if the engine has a defect.
    pub fn run(&self) -> Result<Answer, Error> {
        on_deep_stack(|| self.collect(&CancellationToken::new())).map(|tables| self.answer(tables))
    }

    /// [`Prepared::run`] for async code; `cancel` stops only this run.
    ///
    /// # Errors
    /// Those of [`Prepared::run`].
    pub async fn run_async(&self, cancel: &CancellationToken) -> Result<Answer, Error> {
        let prepared = self.clone();
        let tables = spawn_stoppable(cancel, move |cancel| prepared.collect(cancel)).await?;
        Ok(self.answer(tables))
    }

    /// Runs its subqueries, and returns the results as streams, in the order of the statements. A stream begins to run
    /// when its first batch is requested, holds few batches at a time, and stops when it is dropped. `cancel` stops all
    /// of them. Blocks while subqueries run.
    ///
    /// # Errors
    /// Those of [`Prepared::run`] for the subqueries. Errors of the results are returned by the streams.
    pub fn stream(&self, cancel: &CancellationToken) -> Result<Vec<TableStream>, Error> {
        on_deep_stack(|| self.start(cancel, ROOM))
    }

    /// [`Prepared::stream`] for async code.
    ///
    /// # Errors
    /// Those of [`Prepared::stream`].
    pub async fn stream_async(&self, cancel: &CancellationToken) -> Result<Vec<TableStream>, Error> {
        let prepared = self.clone();
        spawn_stoppable(cancel, move |cancel| prepared.start(cancel, ROOM)).await
    }

    /// All results. Expects a deep stack, and blocks.
    pub(crate) fn collect(&self, cancel: &CancellationToken) -> Result<Vec<Table>, Error> {
        collected(self.start(cancel, usize::MAX)?)
    }

    pub(crate) fn answer(&self, tables: Vec<Table>) -> Answer {
        Answer { tables, diagnostics: self.bound.diagnostics.clone(), notices: self.notices() }
    }

    pub(crate) fn start(&self, cancel: &CancellationToken, room: usize) -> Result<Vec<TableStream>, Error> {
        let own = cancel.child_token();
        let (cancel, dropped) = (&own, Arc::new(own.clone().drop_guard()));
        let _entered = budget::enter(self.core.budget(cancel));
        let run =
            || self.core.runtime()?.block_on(self.core.unless_stopped(cancel, self.plans(cancel, &dropped, room)));
        panics_caught(run).map_err(|error| self.blame(error))
    }

    async fn plans(
        &self,
        cancel: &CancellationToken,
        dropped: &Arc<DropGuard>,
        room: usize,
    ) -> Result<Vec<TableStream>, Error> {
        let state = self.core.session(&self.snapshot, Strategy::InMemory);
        let query = &self.bound.query;
        let mut stages = query.computed.clone();
        let needed = plan::stages_of(query, &query.results);
        self.core.run_stages(&self.snapshot, &state, &query.stages, &needed, &mut stages).await?;
        let stages = Arc::new(stages);
        let mut streams = Vec::with_capacity(query.results.len());
        for (i, relation) in query.results.iter().enumerate() {
            let name = match &relation.title {
                Some(title) => title.clone(),
                None if i == 0 => "PrimaryResult".to_owned(),
                None => format!("PrimaryResult_{i}"),
            };
            let production = Production {
                core: self.core.clone(),
                plan: self.core.plan(&self.snapshot, &state, &stages, relation).await?,
                context: state.task_ctx(),
                again: {
                    let again =
                        Again { prepared: self.clone(), stages: stages.clone(), result: i, cancel: cancel.clone() };
                    Box::new(|| Box::pin(again.by_sorting()))
                },
                naming: Naming::of(relation),
                cancel: cancel.clone(),
                room,
                blame: {
                    let prepared = self.clone();
                    Box::new(move |error| prepared.blame(error))
                },
            };
            streams.push(TableStream::new(
                name,
                relation.schema(),
                relation.render.clone(),
                production,
                dropped.clone(),
            ));
        }
        Ok(streams)
    }

    /// Adds the query and its plan to the error if it is a defect.
    fn blame(&self, error: Error) -> Error {
        match error {
            Error::Internal(defect) => {
                Error::Internal(Box::new(Defect { query: self.text.to_string(), plan: self.explain(), ..*defect }))
            }
            error => error,
        }
    }
}

/// Plans a result again, for less memory.
struct Again {
    prepared: Prepared,
    stages: Arc<HashMap<StageId, StageResult>>,
    /// Its place among the results.
    result: usize,
    cancel: CancellationToken,
}

impl Again {
    /// The plan by sorting, and its context.
    async fn by_sorting(self) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), Error> {
        let core = self.prepared.core.clone();
        core.memory_freed().await;
        spawn_deep(move || {
            let Prepared { core, snapshot, bound, .. } = &self.prepared;
            let _entered = budget::enter(core.budget(&self.cancel));
            let Some(relation) = bound.query.results.get(self.result) else {
                return Err(Error::broken_off("a result is missing"));
            };
            let state = core.session(snapshot, Strategy::Sorting);
            let plan = core.runtime()?.block_on(core.plan(snapshot, &state, &self.stages, relation))?;
            Ok((plan, state.task_ctx()))
        })
        .await?
    }
}

/// All rows of the streams. Blocks.
pub(crate) fn collected(streams: Vec<TableStream>) -> Result<Vec<Table>, Error> {
    let collect = |mut stream: TableStream| {
        let batches = futures::executor::block_on((&mut stream).try_collect())?;
        let TableStream { name, schema, render, .. } = stream;
        Ok(Table { name, schema, batches, render })
    };
    streams.into_iter().map(collect).collect()
}

/// Runs the work, and returns a panic as an error.
fn panics_caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::broken_off(panic_message(panic.as_ref()))))
}

/// Runs the work, returns a panic as an error, and adds the query's text to the report of a defect.
pub(crate) fn defects_named<T>(text: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    panics_caught(work).map_err(|error| match error {
        Error::Internal(defect) if defect.query.is_empty() => {
            Error::Internal(Box::new(Defect { query: text.to_owned(), ..*defect }))
        }
        error => error,
    })
}
