//! A task on an executor: a part of a stage, what it reports, and how it ends.

use crate::{failure, report};
use ballista_core::JobId;
use ballista_core::execution_plans::{ShuffleWriterExec, SortShuffleWriterExec};
use ballista_core::serde::protobuf::{RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::{Count, Metric, MetricValue, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, replace_children_if_necessary,
};
use datafusion::prelude::SessionConfig;
use futures::TryStreamExt;
use kql_engine::codec::{Allowance, Entered, Received};
use std::fmt;
use std::sync::Arc;

/// What the parts of a task's plan share.
#[derive(Debug)]
pub(crate) struct Task {
    /// What it reports to the client.
    pub received: Received,
    /// What its functions ask whether they should go on.
    allowance: Allowance,
}

impl Task {
    /// A task that uses this memory.
    pub(crate) fn new(environment: &Arc<RuntimeEnv>) -> Arc<Task> {
        Arc::new(Task { received: Received::default(), allowance: Allowance::new(environment) })
    }

    /// What is decoded until the result is dropped belongs to the task.
    pub(crate) fn enter(&self) -> Entered {
        self.allowance.enter()
    }

    /// Stops its functions.
    pub(crate) fn stop(&self) {
        self.allowance.stop();
    }
}

/// Whether a node writes the rows of a stage.
pub(crate) fn is_writer(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<ShuffleWriterExec>().is_some() || node.downcast_ref::<SortShuffleWriterExec>().is_some()
}

/// The writer of a stage, above the task's plan.
pub(crate) fn of_stage(writer: Arc<dyn ExecutionPlan>, task: Arc<Task>) -> Result<Arc<dyn ExecutionPlan>> {
    let [input] = writer.children()[..] else { return internal_err!("a writer has one input") };
    let input: Arc<dyn ExecutionPlan> = Arc::new(TaskExec { input: input.clone(), task });
    replace_children_if_necessary(writer, vec![input])
}

/// The plan of a task. Its errors are written so that the client can read them.
#[derive(Clone, Debug)]
struct TaskExec {
    input: Arc<dyn ExecutionPlan>,
    task: Arc<Task>,
}

impl DisplayAs for TaskExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskExec")
    }
}

impl ExecutionPlan for TaskExec {
    fn name(&self) -> &str {
        "TaskExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(TaskExec { input, task: self.task.clone() })),
            Err(_) => internal_err!("a task has one plan"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context).map_err(failure::written)?;
        let schema = input.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, input.map_err(failure::written))))
    }
}

/// Runs tasks as Ballista does, and adds their reports to their metrics, which the client can ask for.
pub(crate) struct ReportingEngine {
    pub engine: DefaultExecutionEngine,
    /// The address of the executor.
    pub place: Arc<str>,
}

impl ExecutionEngine for ReportingEngine {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        global_output_partition_ids: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let task = plan.children().into_iter().find_map(|input| Some(input.downcast_ref::<TaskExec>()?.task.clone()));
        let Some(task) = task else { return internal_err!("the plan of a task is not complete") };
        let stage = self.engine.create_query_stage_exec(
            job_id,
            stage_id,
            task_id,
            global_output_partition_ids,
            plan,
            work_dir,
            config,
        )?;
        Ok(Arc::new(ReportingStage { stage, task, number: (stage_id, task_id), place: self.place.clone() }))
    }
}

/// A task that reports.
#[derive(Debug)]
struct ReportingStage {
    stage: Arc<dyn QueryStageExecutor>,
    task: Arc<Task>,
    /// Of the stage, and of the task in it.
    number: (usize, usize),
    place: Arc<str>,
}

impl fmt::Display for ReportingStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage.fmt(f)
    }
}

/// Stops the functions of a task whose run is dropped.
struct Running<'a>(&'a Task);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[async_trait::async_trait]
impl QueryStageExecutor for ReportingStage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        let _running = Running(&self.task);
        self.stage.execute_query_stage(task_id, context).await.map_err(failure::written)
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        let mut metrics = self.stage.collect_plan_metrics();
        // a report that cannot be written must not be lost silently
        let report = self.task.received.report().unwrap_or_else(|e| Some(format!("{{\"failed\":{e:?}}}").into_bytes()));
        let names = report.map(|report| report::name(self.number, &report));
        if let Some(first) = metrics.first_mut() {
            for name in names.into_iter().chain([report::name_of_place(&self.place)]) {
                let count = Count::new();
                count.add(1);
                first.push(Arc::new(Metric::new(MetricValue::Count { name: name.into(), count }, None)));
            }
        }
        metrics
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.stage.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.stage.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.stage.collect_column_stats()
    }
}
