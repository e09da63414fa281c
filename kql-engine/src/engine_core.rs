//! What all ways of running a query share. All functions here expect a deep stack, and block.

use crate::answer::Checked;
use crate::bind::{self, Bound, Environment};
use crate::database::{CatalogSnapshot, Database, Inspection};
use crate::error::{Error, run_error};
use crate::exec::{self, Limits};
use crate::lower::Lowering;
use crate::plan::{self, Query, Relation, StageId, StageResult};
use crate::progress::Progress;
use crate::stages;
use crate::workers::Workers;
use arrow::array::RecordBatch;
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
    workers: Workers,
    now: Option<i64>,
}

impl EngineCore {
    pub(crate) fn new(database: Database, limits: Limits, progress: Arc<Progress>, now: Option<i64>) -> EngineCore {
        EngineCore { database: Arc::new(database), workers: Workers::new(limits.partitions), limits, progress, now }
    }

    /// The runtime that plans run on.
    pub(crate) fn runtime(&self) -> Result<&Runtime, Error> {
        self.workers.runtime()
    }

    /// Parses and binds a query; runs nothing.
    pub(crate) fn check(&self, text: &str) -> Checked {
        let snapshot = self.database.snapshot(Inspection::Complete);
        let (bound, syntax_ok) = compile(text, &snapshot.at(self.time()));
        let columns = match bound.query.results.last() {
            Some(last) if !last.open && !bound.diagnostics.iter().any(Diagnostic::is_error) => {
                Some(last.schema().columns)
            }
            _ => None,
        };
        Checked { diagnostics: bound.diagnostics, syntax_ok, columns, external: bound.query.external }
    }

    /// Waits for the work, or until it is stopped.
    pub(crate) async fn unless_stopped<T>(
        &self,
        cancel: &CancellationToken,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (stopped, cancelled, work) = (pin!(self.progress.stopping()), pin!(cancel.cancelled()), pin!(work));
        match select(select(stopped, cancelled), work).await {
            Either::Left(_) => Err(Error::Interrupted),
            Either::Right((result, _)) => result,
        }
    }

    /// The value of `now()` for a query that begins now.
    pub(crate) fn time(&self) -> i64 {
        self.now.unwrap_or_else(clock)
    }

    /// The session in which plans run.
    pub(crate) fn session(&self) -> Result<SessionState, Error> {
        exec::session(self.limits, &self.progress).map_err(run_error)
    }

    /// Runs the subqueries whose results are not known yet.
    pub(crate) async fn run_stages(
        &self,
        snapshot: &CatalogSnapshot,
        state: &SessionState,
        query: &Query,
        needed: &HashSet<StageId>,
        stages: &mut HashMap<StageId, StageResult>,
    ) -> Result<(), Error> {
        for stage in &query.stages {
            if !needed.contains(&stage.id) || stages.contains_key(&stage.id) {
                continue;
            }
            let batches = self.run_relation(snapshot, state, stages, &stage.relation).await?;
            let result = stages::result(stage, batches, &Lowering::new(state, snapshot, stages))?;
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
        state.create_physical_plan(&plan).await.map_err(run_error)
    }

    async fn run_relation(
        &self,
        snapshot: &CatalogSnapshot,
        state: &SessionState,
        stages: &HashMap<StageId, StageResult>,
        relation: &Relation,
    ) -> Result<Vec<RecordBatch>, Error> {
        let plan = self.plan(snapshot, state, stages, relation).await?;
        exec::collect(plan, state.task_ctx(), &self.progress).await.map_err(run_error)
    }

    /// Runs a part of a query while the rest is bound: its columns depend on its rows.
    pub(crate) fn evaluate(
        &self,
        snapshot: &CatalogSnapshot,
        query: &mut Query,
        relation: &Relation,
        cancel: &CancellationToken,
    ) -> Result<Vec<RecordBatch>, Error> {
        let runtime = self.runtime()?;
        let state = self.session()?;
        let mut stages = std::mem::take(&mut query.computed);
        let mut relation = relation.clone();
        crate::rewrite::rewrite_relation(&mut relation);
        let relation = &relation;
        let needed = plan::stages_of(query, [relation]);
        let result = runtime.block_on(self.unless_stopped(cancel, async {
            self.run_stages(snapshot, &state, query, &needed, &mut stages).await?;
            self.run_relation(snapshot, &state, &stages, relation).await
        }));
        query.computed = stages;
        result
    }
}

/// From text to plan: parses and binds. Also returns whether the text parses, whether or not it binds.
pub(crate) fn compile(text: &str, environment: &dyn Environment) -> (Bound, bool) {
    let parse = kql_parser::parse(text);
    let syntax_ok = !parse.diagnostics.iter().any(Diagnostic::is_error);
    let mut bound = bind::bind(&parse.query, environment);
    let mut diagnostics = parse.diagnostics;
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

/// The time, in ticks.
fn clock() -> i64 {
    crate::time::of_system(std::time::SystemTime::now()).unwrap_or(crate::time::EPOCH)
}
