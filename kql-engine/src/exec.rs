//! Running lowered plans.

use crate::plan::Relation;
use crate::progress::Progress;
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionConfig;
use std::sync::Arc;

/// How batches are cut and how many run at once. Neither changes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of a batch.
    pub batch_size: usize,
    /// Partitions that run at once.
    pub partitions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { batch_size: 8192, partitions: std::thread::available_parallelism().map_or(1, usize::from) }
    }
}

/// A DataFusion session: its optimizer and planner, none of its functions by name.
pub fn session(limits: Limits, progress: &Arc<Progress>) -> SessionState {
    session_in(limits, progress, None)
}

/// The same with memory and temporary files of its own.
pub(crate) fn session_in(limits: Limits, progress: &Arc<Progress>, runtime: Option<Arc<RuntimeEnv>>) -> SessionState {
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
    let builder = SessionStateBuilder::new().with_config(config);
    match runtime {
        Some(runtime) => builder.with_runtime_env(runtime).build(),
        None => builder.build(),
    }
}

/// Runs a plan to its end.
pub async fn run(state: &SessionState, plan: &LogicalPlan, progress: &Arc<Progress>) -> Result<Vec<RecordBatch>> {
    let physical: Arc<dyn ExecutionPlan> = state.create_physical_plan(plan).await?;
    let _watched = progress.watch(&physical);
    collect(physical, state.task_ctx()).await
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
