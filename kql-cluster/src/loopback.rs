//! Plans that are sent to this process: a test of the codecs with any query.

use crate::codec::{Codec, decode, encode};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use kql_engine::PlanRunner;
use kql_engine::codec::{Sent, distributed, is_traced};
use std::sync::Arc;

/// Encodes each plan, decodes it twice, as a scheduler and an executor do, and runs the result.
#[derive(Debug)]
pub struct Loopback {
    /// The number of partitions.
    pub partitions: usize,
}

impl PlanRunner for Loopback {
    fn partitions(&self) -> usize {
        self.partitions
    }

    fn run(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
    ) -> Option<BoxStream<'static, Result<RecordBatch>>> {
        if is_traced(plan) {
            return None;
        }
        let (plan, context) = (plan.clone(), context.clone());
        let batches = async move {
            let sent = Arc::new(Sent::default());
            let bytes = encode(&distributed(&plan, &context).await?, &Codec::of_sender(sent.clone()))?;
            let scheduler = Codec::of_scheduler(Arc::new(|_| String::new()));
            let (plan, _) = decode(&bytes, &scheduler, &context)?;
            let bytes = encode(&plan, &scheduler)?;
            let (plan, task) = decode(&bytes, &Codec::of_executor(context.runtime_env()), &context)?;
            let mut batches: Vec<RecordBatch> = Vec::new();
            for partition in 0..plan.output_partitioning().partition_count() {
                let rows: Vec<RecordBatch> = plan.execute(partition, context.clone())?.try_collect().await?;
                batches.extend(rows);
            }
            drop(plan);
            if let Some(report) = task.received.report()? {
                sent.receive(&report)?;
            }
            Result::<_>::Ok(futures::stream::iter(batches.into_iter().map(Ok)))
        };
        Some(futures::stream::once(batches).try_flatten().boxed())
    }
}
