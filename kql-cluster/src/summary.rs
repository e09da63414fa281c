//! What a job did: its stages, with the rows, times and bytes that its executors counted.

use crate::report;
use crate::scheduler::session_config;
use ballista_core::JobId;
use ballista_core::execution_plans::ShuffleWriter;
use ballista_core::serde::protobuf::operator_metric::Metric;
use ballista_core::serde::protobuf::{GetJobMetricsResult, OperatorMetric, OperatorWithMetrics};
use ballista_scheduler::planner::{DefaultDistributedPlanner, DistributedPlanner};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::physical_plan::{ExecutionPlan, displayable};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A stage of a job.
#[derive(Clone, Debug, Default)]
pub struct StageSummary {
    /// Its number; a stage reads stages with smaller numbers.
    pub number: u32,
    /// The number of its partitions.
    pub partitions: u32,
    /// The addresses of the executors that ran it, and the number of tasks that each of them ran.
    pub places: BTreeMap<String, u64>,
    /// Its operators, from the last to the first.
    pub operators: Vec<OperatorSummary>,
}

/// An operator of a stage, in all partitions together.
#[derive(Clone, Debug, Default)]
pub struct OperatorSummary {
    /// How many operators stand above it.
    pub depth: u32,
    /// Its name and its details.
    pub description: String,
    /// The rows that it returned, if they are counted.
    pub rows: Option<u64>,
    /// The time that it computed.
    pub computed: Duration,
    /// The bytes that it wrote or returned.
    pub bytes: u64,
    /// The bytes that it wrote to temporary files because memory was short.
    pub spilled: u64,
}

impl StageSummary {
    pub(crate) fn of(metrics: &GetJobMetricsResult) -> Vec<StageSummary> {
        let stages = metrics.stages.iter().map(|stage| StageSummary {
            number: stage.stage_id,
            partitions: stage.partitions,
            places: places(&stage.operators),
            operators: stage
                .operators
                .iter()
                .map(|operator| {
                    let mut summary = OperatorSummary {
                        depth: operator.depth,
                        description: operator.operator_desc.clone(),
                        ..OperatorSummary::default()
                    };
                    operator.metrics.iter().for_each(|metric| summary.add(metric));
                    summary
                })
                .collect(),
        });
        stages.collect()
    }
}

/// Where the tasks of a stage ran.
fn places(operators: &[OperatorWithMetrics]) -> BTreeMap<String, u64> {
    let mut places = BTreeMap::new();
    for metric in operators.iter().flat_map(|operator| &operator.metrics) {
        if let Some((place, tasks)) = metric.metric.as_ref().and_then(report::place) {
            *places.entry(place.to_owned()).or_insert(0) += tasks;
        }
    }
    places
}

/// Refuses a plan that Ballista would cut so that rows change their partition inside a stage, where a task has only some of
/// the partitions.
pub(crate) fn check(plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
    let exchanges = |stage: &StageSummary| stage.operators.iter().any(|o| o.description.starts_with("RepartitionExec"));
    match stages(plan)?.iter().find(|stage| exchanges(stage)) {
        Some(stage) => internal_err!("the stage {} of the plan cannot be divided", stage.number),
        None => Ok(()),
    }
}

/// The stages of a plan before it runs.
pub(crate) fn stages(plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<StageSummary>> {
    let config = session_config();
    let job = JobId::new("explain");
    let stages = DefaultDistributedPlanner::new()
        .plan_query_stages(&job, plan.clone(), config.options())
        .map_err(|e| DataFusionError::External(Box::new(e)))?;
    let summary = |stage: &Arc<dyn ShuffleWriter>| {
        let mut operators = Vec::new();
        stage.children().into_iter().for_each(|child| describe(child, 0, &mut operators));
        let partitions = stage.input_partition_count() as u32;
        StageSummary { number: stage.stage_id() as u32, partitions, operators, ..StageSummary::default() }
    };
    Ok(stages.iter().map(summary).collect())
}

fn describe(plan: &Arc<dyn ExecutionPlan>, depth: u32, operators: &mut Vec<OperatorSummary>) {
    let description = displayable(plan.as_ref()).one_line().to_string().trim_end().to_owned();
    operators.push(OperatorSummary { depth, description, ..OperatorSummary::default() });
    plan.children().into_iter().for_each(|child| describe(child, depth + 1, operators));
}

impl OperatorSummary {
    fn add(&mut self, metric: &OperatorMetric) {
        match &metric.metric {
            Some(Metric::OutputRows(rows)) => *self.rows.get_or_insert(0) += rows,
            Some(Metric::ElapseTime(nanoseconds)) => self.computed += Duration::from_nanos(*nanoseconds),
            Some(Metric::SpilledBytes(bytes)) => self.spilled += bytes,
            Some(Metric::OutputBytes(bytes)) => self.bytes += bytes,
            Some(Metric::Time(time)) if time.name == "write_time" => self.computed += Duration::from_nanos(time.value),
            _ => {}
        }
    }
}

impl fmt::Display for StageSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitions =
            if self.partitions == 1 { "1 partition".to_owned() } else { format!("{} partitions", self.partitions) };
        write!(f, "stage {}: {partitions}", self.number)?;
        for (place, tasks) in &self.places {
            write!(f, ", {tasks} {} at {place}", if *tasks == 1 { "task" } else { "tasks" })?;
        }
        writeln!(f)?;
        for operator in &self.operators {
            write!(f, "{:1$}{2}", "", 2 + 2 * operator.depth as usize, operator.description)?;
            let mut counted = Vec::new();
            counted.extend(operator.rows.map(|rows| format!("{rows} rows")));
            if !operator.computed.is_zero() {
                counted.push(format!("{:.1?}", operator.computed));
            }
            if operator.bytes > 0 {
                counted.push(format!("{} bytes", operator.bytes));
            }
            if operator.spilled > 0 {
                counted.push(format!("{} bytes in temporary files", operator.spilled));
            }
            if !counted.is_empty() {
                write!(f, "  [{}]", counted.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
