//! Running lowered plans.

use crate::byte_channel::{BatchReceiver, BatchSender, batch_channel};
use crate::error::{TOO_MUCH_TEXT, is_overflow, panic_message};
use crate::memory::Memory;
use crate::partition_constants::HidePartitionConstants;
use crate::plan::Relation;
use crate::progress::Progress;
use crate::round_robin::KeepPartitions;
use crate::runner::{PlanRunner, Runner};
use crate::stoppable::Stoppable;
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::strategy::Strategy;
use crate::top_candidates::TopCandidates;
use crate::types::ScalarType;
use crate::value::Value;
use crate::yielding::YieldingRows;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::session_state::SessionState;
use datafusion::execution::{SessionStateBuilder, TaskContext};
use datafusion::optimizer::{Analyzer, Optimizer};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::SessionConfig;
use futures::future::{Either, select};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Bytes of rows that a stream buffers for each partition.
pub(crate) const ROOM: usize = 16 << 20;

/// Size of batches, number of partitions and memory limit. None of these changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows per batch.
    pub batch_size: usize,
    /// Number of partitions that run at once.
    pub partitions: usize,
    /// How many bytes sorting, grouping, joining and the rows of subqueries can use before they continue in temporary
    /// files, or fail; `None` for no limit. Results that are collected are not included.
    pub memory: Option<usize>,
    /// Whether the process has no other work, as on a command line. Then the memory limit is that of the process: a query
    /// fails when the process, as the operating system sees it, exceeds the limit by more than 160 MB, which is what code,
    /// threads and the buffers of readers need.
    pub process: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let partitions = std::thread::available_parallelism().map_or(1, usize::from);
        Limits { batch_size: 8192, partitions, memory: None, process: false }
    }
}

/// The rows of a batch if memory is short.
const SMALL_BATCH: usize = 1024;

/// A rule for executable plans.
pub(crate) type PhysicalRule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// A DataFusion session with its optimizer and planner, but without its functions; `last` is applied after DataFusion's rules.
pub(crate) fn session(
    limits: Limits,
    memory: &Memory,
    progress: &Arc<Progress>,
    strategy: Strategy,
    last: Option<PhysicalRule>,
    runner: Option<&Arc<dyn PlanRunner>>,
) -> SessionState {
    // a group can be a long list: fewer of them are in memory with smaller batches
    let most = if strategy == Strategy::Sorting { SMALL_BATCH } else { usize::MAX };
    let rows = limits.batch_size.clamp(1, most);
    let mut config = SessionConfig::new()
        .with_batch_size(rows)
        .with_information_schema(false)
        .with_extension(progress.clone())
        .with_extension(Arc::new(strategy));
    let mut partitions = limits.partitions.max(1);
    if let Some(runner) = runner {
        config = config.with_extension(Arc::new(Runner(runner.clone())));
        partitions = runner.partitions().max(1);
    }
    let options = config.options_mut();
    options.execution.target_partitions = partitions;
    // a filter that is known only when another part of the plan has run stays in its process
    if runner.is_some() {
        options.optimizer.enable_dynamic_filter_pushdown = false;
        options.optimizer.enable_topk_dynamic_filter_pushdown = false;
        options.optimizer.enable_join_dynamic_filter_pushdown = false;
        options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
        // a join whose partitions share one side needs them in one process
        options.optimizer.hash_join_single_partition_threshold = 0;
        options.optimizer.hash_join_single_partition_threshold_rows = 0;
    }
    if strategy == Strategy::Sorting {
        options.optimizer.prefer_hash_join = false;
        // joins by sorting are planned for two partitions or more
        options.execution.target_partitions = partitions.max(2);
        // groups that arrive in order stay in order, and are found in one step: between two steps, the states of all groups
        // would be merged in memory
        options.optimizer.repartition_aggregations = false;
        options.optimizer.enable_round_robin_repartition = false;
    }
    // the number of a row begins with that of its partition, which must read its own files
    options.execution.enable_file_stream_work_stealing = false;
    options.execution.parquet.schema_force_view_types = false;
    // a filter in the reader is worth it if it is selective, as a text search is
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    // a column that is both filtered and returned is decoded twice, which takes no longer than keeping a whole row group
    // of it, and half the memory
    options.execution.parquet.max_predicate_cache_size = Some(0);
    // a part of a plan that is planned by itself can know that a column has no nulls, where the whole plan does not
    options.execution.skip_physical_aggregate_schema_check = true;
    // this rule moves the fields that parse reads down to the tables; there it confuses two columns with the same name,
    // and, over an outer join, mistakes a missing string for one that is never null
    options.optimizer.enable_leaf_expression_pushdown = false;
    // this rule rebuilds all columns of all legs, looking each up by its name, and does so again every time; nested unions
    // are as good
    let rules = Optimizer::new()
        .rules
        .into_iter()
        .filter(|rule| rule.name() != "optimize_unions")
        .map(|rule| Arc::new(Stoppable(rule)) as _)
        .collect();
    let analyzer = Analyzer::new().rules.into_iter().map(|rule| Arc::new(Stoppable(rule)) as _).collect();
    // this rule checks that no rule made a mistake; it makes one itself if a sort drops a column that a filter below
    // reduced to one value
    let physical = PhysicalOptimizer::new()
        .rules
        .into_iter()
        .filter(|rule| rule.name() != "SanityCheckPlan")
        .map(|rule| if rule.name() == "aggregate_statistics" { Arc::new(WithoutFilters(rule)) as _ } else { rule })
        // before the rule that passes the limit of `top` on to files, so that it passes through the new filter
        .flat_map(|rule| {
            let before = (rule.name() == "FilterPushdown(Post)").then(|| Arc::new(TopCandidates) as PhysicalRule);
            before.into_iter().chain(std::iter::once(rule))
        });
    let physical = std::iter::once(Arc::new(HidePartitionConstants) as _)
        .chain(physical)
        .chain(std::iter::once(Arc::new(KeepPartitions) as _))
        .chain(last)
        .chain(std::iter::once(Arc::new(YieldingRows) as _))
        .map(|rule| Arc::new(Stoppable(rule)) as _)
        .collect();
    SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(memory.environment().clone())
        .with_analyzer_rules(analyzer)
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(physical)
        .build()
}

/// The rule that takes counts and extremes from statistics, restricted to plans in which no aggregate has a condition.
/// When it looks for the lower half of an aggregate, it skips one with a condition, and takes the result of another
/// aggregate below instead.
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

/// The batches of a plan. Those of a partition come after those of the partitions before it, so that rows that were only
/// filtered and extended keep their order. All partitions run at once, and each buffers at most about `ahead` bytes of
/// batches that were not read yet. An error in one partition ends the stream without waiting for the others. Needs a
/// tokio runtime. If the session has a runner for the plan, that runs it.
pub(crate) fn stream(
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    progress: &Arc<Progress>,
    ahead: usize,
) -> BoxStream<'static, Result<RecordBatch>> {
    let runner = context.session_config().get_extension::<Runner>();
    if let Some(stream) = runner.and_then(|runner| runner.0.run(&plan, &context)) {
        return stream;
    }
    let watched = progress.watch(&plan);
    let mut tasks = JoinSet::new();
    let partitions = plan.output_partitioning().partition_count();
    let receivers: VecDeque<BatchReceiver> = (0..partitions)
        .map(|partition| {
            let (sender, receiver) = batch_channel(ahead);
            let (plan, context) = (plan.clone(), context.clone());
            tasks.spawn(async move {
                let run = caught(async {
                    let mut batches = plan.execute(partition, context)?;
                    while let Some(batch) = batches.next().await {
                        if sender.send(batch?).await.is_err() {
                            break;
                        }
                    }
                    Ok(())
                });
                // the channel of a partition that failed stays open: the partition must not look complete
                run.await.map_err(|error| Failed { error, _sender: sender })
            });
            receiver
        })
        .collect();
    Box::pin(futures::stream::unfold((receivers, tasks, watched), |(mut receivers, mut tasks, watched)| async move {
        let batch = next(&mut receivers, &mut tasks).await?;
        if batch.is_err() {
            receivers.clear();
            tasks.abort_all();
        }
        Some((batch, (receivers, tasks, watched)))
    }))
}

/// A partition that ended with an error.
struct Failed {
    error: DataFusionError,
    _sender: BatchSender,
}

/// The next batch of the first partition that has one, or an error of any partition.
async fn next(
    receivers: &mut VecDeque<BatchReceiver>,
    tasks: &mut JoinSet<std::result::Result<(), Failed>>,
) -> Option<Result<RecordBatch>> {
    while let Some(receiver) = receivers.front_mut() {
        let received = match select(pin!(receiver.recv()), pin!(failure(tasks))).await {
            Either::Left((batch, _)) => batch.map(Ok),
            Either::Right((error, _)) => Some(Err(error)),
        };
        if received.is_some() {
            return received;
        }
        receivers.pop_front();
    }
    None
}

/// The first error of a task; never ready if none fails.
async fn failure(tasks: &mut JoinSet<std::result::Result<(), Failed>>) -> DataFusionError {
    while let Some(ended) = tasks.join_next().await {
        if let Ok(Err(failed)) = ended {
            return failed.error;
        }
    }
    futures::future::pending().await
}

/// Runs a plan to its end, and stores its rows.
pub(crate) async fn store(
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    progress: &Arc<Progress>,
    mut writer: RowsWriter,
) -> Result<StoredRows> {
    let mut batches = stream(plan, context, progress, ROOM);
    while let Some(batch) = batches.next().await {
        writer.push(batch?)?;
    }
    writer.finish()
}

/// Runs a plan. A panic is a defect: those of readers on damaged files are caught in `sources`. An error of the plan that a
/// function reports is one of the run: the plan is valid by now, so the error is about the value of a row.
pub(crate) async fn caught<T>(run: impl Future<Output = Result<T>>) -> Result<T> {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(result) => result.map_err(|error| match error.find_root() {
            DataFusionError::Plan(message) => DataFusionError::Execution(message.clone()),
            _ => error,
        }),
        Err(panic) if is_overflow(panic_message(panic.as_ref())) => {
            Err(DataFusionError::ResourcesExhausted(TOO_MUCH_TEXT.to_owned()))
        }
        Err(panic) => internal_err!("the run stopped: {}", panic_message(panic.as_ref())),
    }
}

/// Adds the names that a user sees to the batches of a result, and the columns that have the same value in all rows.
pub(crate) struct Naming {
    schema: SchemaRef,
    /// For each column its type, and its value if that is the same in all rows.
    columns: Vec<(ScalarType, Option<Value>)>,
}

impl Naming {
    /// For the batches of a relation.
    pub(crate) fn of(relation: &Relation) -> Naming {
        let columns = relation.columns.iter().map(|c| (c.ty, relation.constants.get(&c.id).cloned())).collect();
        Naming { schema: relation.schema().arrow(), columns }
    }

    /// The batch with names.
    pub(crate) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let mut computed = batch.columns().iter();
        let columns = self.columns.iter().map(|(ty, constant)| match constant {
            Some(value) => value.to_scalar(*ty).to_array_of_size(rows),
            None => computed.next().cloned().map_or_else(|| internal_err!("a column is missing"), Ok),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}
