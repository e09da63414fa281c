//! What all ways of running a query share. All functions here expect a deep stack, and block.

use crate::answer::Checked;
use crate::bind::{self, Bound, Environment};
use crate::budget::Budget;
use crate::database::{CatalogSnapshot, Database, Inspection};
use crate::error::{Error, run_error};
use crate::exec::{self, Limits};
use crate::lower::{Lowering, RunningWindows};
use crate::meaning::Meaning;
use crate::memory::{Memory, Release};
use crate::plan::{self, Node, Query, Relation, Stage, StageId, StageResult};
use crate::progress::Progress;
use crate::runner::PlanRunner;
use crate::stages;
use crate::stored_rows::{Numbering, RowsWriter, StoredRows};
use crate::strategy::Strategy;
use crate::workers::Workers;
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::ExecutionPlan;
use futures::future::{Either, select};
use kql_parser::Diagnostic;
use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// The shared state of an engine.
pub(crate) struct EngineCore {
    pub database: Arc<Database>,
    pub limits: Limits,
    pub progress: Arc<Progress>,
    memory: Arc<Memory>,
    workers: Arc<Workers>,
    now: Option<i64>,
    /// Runs plans elsewhere.
    runner: Option<Arc<dyn PlanRunner>>,
}

impl EngineCore {
    /// The error is that the system refuses what running needs.
    pub(crate) fn new(
        database: Database,
        limits: Limits,
        progress: Arc<Progress>,
        now: Option<i64>,
        release: Option<Release>,
        runner: Option<Arc<dyn PlanRunner>>,
    ) -> Result<EngineCore, Error> {
        let process = limits.memory.filter(|_| limits.process);
        let memory = Arc::new(Memory::new(limits.memory, process, release).map_err(run_error)?);
        let workers = Arc::new(Workers::new(limits.partitions));
        Ok(EngineCore { database: Arc::new(database), workers, memory, limits, progress, now, runner })
    }

    /// An engine with other tables, another time, and other sizes of batches and numbers of partitions, which shares threads and
    /// memory with this one; without a runner of its own, it has that of this one.
    pub(crate) fn derived(
        &self,
        database: Database,
        progress: Arc<Progress>,
        now: Option<i64>,
        runner: Option<Arc<dyn PlanRunner>>,
        limits: Limits,
    ) -> EngineCore {
        EngineCore {
            database: Arc::new(database),
            workers: self.workers.clone(),
            memory: self.memory.clone(),
            limits: Limits { batch_size: limits.batch_size, partitions: limits.partitions, ..self.limits },
            progress,
            now,
            runner: runner.or_else(|| self.runner.clone()),
        }
    }

    /// The fixed value of `now()`.
    pub(crate) fn fixed_time(&self) -> Option<i64> {
        self.now
    }

    /// The runtime that plans run on.
    pub(crate) fn runtime(&self) -> Result<&Runtime, Error> {
        self.workers.runtime()
    }

    /// Parses and binds a query; runs nothing.
    pub(crate) fn check(&self, text: &str) -> Checked {
        let snapshot = self.database.snapshot(Inspection::Complete);
        let (bound, syntax_ok) = compile(text, &snapshot.at(self.time()));
        checked(bound, syntax_ok)
    }

    /// Parses and binds a query, and records what its parts stand for; runs nothing.
    pub(crate) fn meaning(&self, text: &str) -> Meaning {
        let snapshot = self.database.snapshot(Inspection::Complete);
        let parse = kql_parser::parse(text);
        let now = self.time();
        let (bound, parts) = bind::bind_with_parts(&parse.query, &snapshot.at(now));
        let (bound, syntax_ok) = merged(parse.diagnostics, bound);
        Meaning { query: parse.query, checked: checked(bound, syntax_ok), now, parts }
    }

    /// Waits for the work, or until it is stopped, or needs more memory than there is.
    pub(crate) async fn unless_stopped<T>(
        &self,
        cancel: &CancellationToken,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let watched = self.memory.watch();
        let (stopped, cancelled, work) = (pin!(self.progress.stopping()), pin!(cancel.cancelled()), pin!(work));
        match select(select(stopped, cancelled), select(pin!(watched.exceeded()), work)).await {
            Either::Left(_) => Err(Error::Interrupted),
            Either::Right((Either::Left(_), _)) => Err(self.memory.exceeded().into()),
            Either::Right((Either::Right((result, _)), _)) => result,
        }
    }

    /// What a run may use that `cancel` can stop.
    pub(crate) fn budget(&self, cancel: &CancellationToken) -> Budget {
        Budget::new(&self.progress, cancel, self.memory.environment()).distributed(self.runner.is_some())
    }

    /// The value of `now()` for a query that begins now.
    pub(crate) fn time(&self) -> i64 {
        self.now.unwrap_or_else(clock)
    }

    /// The session in which the plans of a query run. A traced one records what this process sees, so it runs here.
    pub(crate) fn session(&self, snapshot: &CatalogSnapshot, strategy: Strategy) -> SessionState {
        self.session_with(strategy, self.runner.as_ref().filter(|_| snapshot.tracing.is_none()))
    }

    /// A session whose plans run in this process.
    pub(crate) fn local_session(&self, strategy: Strategy) -> SessionState {
        self.session_with(strategy, None)
    }

    fn session_with(&self, strategy: Strategy, runner: Option<&Arc<dyn PlanRunner>>) -> SessionState {
        let last = Some(Arc::new(RunningWindows) as _);
        exec::session(self.limits, &self.memory, &self.progress, strategy, last, runner)
    }

    /// Runs the subqueries whose results are not known yet.
    pub(crate) async fn run_stages(
        &self,
        snapshot: &CatalogSnapshot,
        state: &SessionState,
        plans: &[Stage],
        needed: &HashSet<StageId>,
        stages: &mut HashMap<StageId, StageResult>,
    ) -> Result<(), Error> {
        for stage in plans {
            if !needed.contains(&stage.id) || stages.contains_key(&stage.id) {
                continue;
            }
            let writer = || RowsWriter::new(self.memory.environment(), stages::holder(stage), stages::numbering(stage));
            let rows = self.run_relation(snapshot, state, stages, &stage.relation, &writer).await?;
            let compiler = Lowering::new(state, snapshot, stages);
            let result = stages::result(stage, rows, &compiler, self.memory.environment())?;
            stages.insert(stage.id, result);
        }
        Ok(())
    }

    /// A relation as an executable plan.
    pub(crate) async fn plan(
        &self,
        snapshot: &CatalogSnapshot,
        state: &SessionState,
        stages: &HashMap<StageId, StageResult>,
        relation: &Relation,
    ) -> Result<Arc<dyn ExecutionPlan>, Error> {
        let plan = {
            let lowering = Lowering::new(state, snapshot, stages);
            let plan = lowering.result(relation);
            if let Some(diagnostic) = lowering.take_diagnostic() {
                return Err(Error::Query(vec![diagnostic]));
            }
            plan.map_err(run_error)?
        };
        let plan = state.create_physical_plan(&plan).await.map_err(run_error)?;
        if let Some(tracing) = &snapshot.tracing {
            tracing.add_plan(plan.clone());
        }
        Ok(plan)
    }

    async fn run_relation(
        &self,
        snapshot: &CatalogSnapshot,
        state: &SessionState,
        stages: &HashMap<StageId, StageResult>,
        relation: &Relation,
        writer: &dyn Fn() -> RowsWriter,
    ) -> Result<StoredRows, Error> {
        let plan = self.plan(snapshot, state, stages, relation).await?;
        match exec::store(plan, state.task_ctx(), &self.progress, writer()).await.map_err(run_error) {
            Err(Error::Memory { .. }) => {
                self.memory.freed().await;
                let state = self.session(snapshot, Strategy::Sorting);
                let plan = self.plan(snapshot, &state, stages, relation).await?;
                exec::store(plan, state.task_ctx(), &self.progress, writer()).await.map_err(run_error)
            }
            stored => stored,
        }
    }

    /// Waits until what a failed run has used is free again.
    pub(crate) async fn memory_freed(&self) {
        self.memory.freed().await;
    }

    /// Runs a part of a query while the rest is bound: its columns depend on its rows. The rows of a subquery have one more
    /// column, their number.
    pub(crate) fn evaluate(
        &self,
        snapshot: &CatalogSnapshot,
        query: &mut Query,
        relation: &Relation,
        cancel: &CancellationToken,
    ) -> Result<Arc<StoredRows>, Error> {
        let runtime = self.runtime()?;
        let state = self.session(snapshot, Strategy::InMemory);
        let mut stages = std::mem::take(&mut query.computed);
        let mut relation = relation.clone();
        crate::rewrite::rewrite_relation(&mut relation);
        let relation = &relation;
        let needed = plan::stages_of(query, [relation]);
        // the whole query is rewritten when it is bound; what runs before has the same order of rows only if it is, too
        let open = query.stages.iter().filter(|stage| needed.contains(&stage.id) && !stages.contains_key(&stage.id));
        let mut plans: Vec<Stage> = open.cloned().collect();
        plans.iter_mut().for_each(crate::rewrite::rewrite_stage);
        let result = runtime.block_on(self.unless_stopped(cancel, async {
            self.run_stages(snapshot, &state, &plans, &needed, &mut stages).await?;
            if let Node::Stage { stage, .. } = &*relation.node
                && let Some(StageResult::Rows(rows)) = stages.get(stage)
            {
                return Ok(rows.clone());
            }
            let writer = || RowsWriter::new(self.memory.environment(), "evaluate", Numbering::AsTheyAre);
            self.run_relation(snapshot, &state, &stages, relation, &writer).await.map(Arc::new)
        }));
        query.computed = stages;
        result
    }
}

/// From text to plan: parses and binds. Also returns whether the text parses, whether or not it binds.
pub(crate) fn compile(text: &str, environment: &dyn Environment) -> (Bound, bool) {
    let parse = kql_parser::parse(text);
    let bound = bind::bind(&parse.query, environment);
    merged(parse.diagnostics, bound)
}

/// The bound query with the diagnostics of the parser, and whether the text parses.
fn merged(mut diagnostics: Vec<Diagnostic>, mut bound: Bound) -> (Bound, bool) {
    let syntax_ok = !diagnostics.iter().any(Diagnostic::is_error);
    if syntax_ok {
        diagnostics.append(&mut bound.diagnostics);
    } else {
        // names inside broken text are misleading: only errors away from the broken places are reported
        let first = diagnostics.first().map_or(0, |d| d.span.start);
        diagnostics.extend(
            bound.diagnostics.drain(..).filter(|d| d.span.end < first && d.code != kql_parser::codes::EMPTY_QUERY),
        );
    }
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    bound.diagnostics = diagnostics;
    (bound, syntax_ok)
}

fn checked(bound: Bound, syntax_ok: bool) -> Checked {
    let columns = match bound.query.results.last() {
        Some(last) if !last.open && !bound.diagnostics.iter().any(Diagnostic::is_error) => Some(last.schema().columns),
        _ => None,
    };
    Checked { diagnostics: bound.diagnostics, syntax_ok, columns, external: bound.query.external }
}

/// The time, in ticks.
fn clock() -> i64 {
    crate::time::of_system(std::time::SystemTime::now()).unwrap_or(crate::time::EPOCH)
}
