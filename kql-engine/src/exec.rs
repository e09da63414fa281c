//! Running lowered plans.

use crate::error::panic_message;
use crate::partition_constants::HidePartitionConstants;
use crate::plan::Relation;
use crate::progress::Progress;
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::Optimizer;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::{ExecutionPlan, collect_partitioned};
use datafusion::prelude::SessionConfig;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// How batches are cut and how many run at once. Neither changes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of a batch.
    pub batch_size: usize,
    /// Partitions that run at once.
    pub partitions: usize,
    /// How many bytes sorting, grouping and joining may hold before they go on in temporary files, or fail; no limit
    /// where there is none. Buffers of readers and the result come on top.
    pub memory: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        let partitions = std::thread::available_parallelism().map_or(1, usize::from);
        Limits { batch_size: 8192, partitions, memory: None }
    }
}

/// A DataFusion session: its optimizer and planner, none of its functions by name.
pub fn session(limits: Limits, progress: &Arc<Progress>) -> Result<SessionState> {
    let mut config = SessionConfig::new()
        .with_batch_size(limits.batch_size.max(1))
        .with_target_partitions(limits.partitions.max(1))
        .with_information_schema(false)
        .with_extension(progress.clone());
    let options = config.options_mut();
    options.execution.parquet.schema_force_view_types = false;
    // a filter in the reader pays where it is selective, and a text search is
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    // it moves the fields of what parse reads down to the tables, where it takes two columns of a name for one, and, over
    // an outer join, takes a missing string for one that is never null
    options.optimizer.enable_leaf_expression_pushdown = false;
    // it makes all columns of all legs anew, looking each up by its name, and does so again each time; legs that are unions
    // themselves are as good
    let rules = Optimizer::new().rules.into_iter().filter(|rule| rule.name() != "optimize_unions").collect();
    // what it checks is that no rule made a mistake; it makes one itself where a sort leaves out a column that a filter below
    // gave one value
    let physical = PhysicalOptimizer::new()
        .rules
        .into_iter()
        .filter(|rule| rule.name() != "SanityCheckPlan")
        .map(|rule| if rule.name() == "aggregate_statistics" { Arc::new(WithoutFilters(rule)) as _ } else { rule });
    let physical = std::iter::once(Arc::new(HidePartitionConstants) as _).chain(physical).collect();
    let mut builder = SessionStateBuilder::new()
        .with_config(config)
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(physical);
    if let Some(bytes) = limits.memory {
        let pool = Arc::new(FairSpillPool::new(bytes));
        builder = builder.with_runtime_env(RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?);
    }
    Ok(builder.build())
}

/// The rule that takes counts and extremes from statistics, for plans none of whose aggregates has a condition. Looking for
/// the lower half of an aggregate it passes over one with a condition and takes that of another aggregate below it, and with
/// it that one's answer.
#[derive(Debug)]
struct WithoutFilters(Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for WithoutFilters {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let mut filtered = false;
        plan.apply(|node| {
            let aggregate = node.downcast_ref::<AggregateExec>();
            filtered |= aggregate.is_some_and(|a| a.filter_expr().iter().any(Option::is_some));
            Ok(if filtered { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if filtered { Ok(plan) } else { self.0.optimize(plan, config) }
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Runs a plan to its end. The batches of a partition come after those of the ones before, so that rows of files that were
/// only filtered and extended stay in their order.
pub async fn run(state: &SessionState, plan: &LogicalPlan, progress: &Arc<Progress>) -> Result<Vec<RecordBatch>> {
    let physical: Arc<dyn ExecutionPlan> = state.create_physical_plan(plan).await?;
    let _watched = progress.watch(&physical);
    let partitions = caught(collect_partitioned(physical, state.task_ctx())).await?;
    Ok(partitions.into_iter().flatten().collect())
}

/// Runs what may read a damaged Parquet file, on which its reader may panic; that is an error of the run. So is what a
/// function calls an error of the plan: the plan stands by now, and the value of a row is meant.
pub(crate) async fn caught<T>(run: impl Future<Output = Result<T>>) -> Result<T> {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(result) => result.map_err(|error| match error.find_root() {
            DataFusionError::Plan(message) => DataFusionError::Execution(message.clone()),
            _ => error,
        }),
        Err(panic) => {
            internal_err!("the run broke off, most likely at a damaged file: {}", panic_message(panic.as_ref()))
        }
    }
}

/// The batches of a result under the names a user sees.
pub fn named(relation: &Relation, batches: Vec<RecordBatch>) -> Result<(TableSchema, Vec<RecordBatch>)> {
    let schema = relation.schema();
    let arrow = schema.arrow();
    let batches = batches
        .into_iter()
        .map(|batch| {
            let rows = batch.num_rows();
            let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
            let mut computed = batch.columns().iter();
            let columns = relation.columns.iter().map(|c| match relation.constants.get(&c.id) {
                Some(value) => value.to_scalar(c.ty).to_array_of_size(rows),
                None => computed.next().cloned().map_or_else(|| internal_err!("a column is missing"), Ok),
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(RecordBatch::try_new_with_options(arrow.clone(), columns, &options)?)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((schema, batches))
}
