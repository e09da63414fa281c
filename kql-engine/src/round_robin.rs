//! The rows of several partitions are not dealt out to more partitions.
//!
//! Each of the new ones would get batches of all others as they come, and so rows of later files before those of earlier ones.
//! Which row is the first must not depend on that. The rows of a single partition can be dealt out: each part of them is in
//! order.

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use std::sync::Arc;

/// The rule that removes such nodes.
#[derive(Debug)]
pub(crate) struct KeepPartitions;

impl PhysicalOptimizerRule for KeepPartitions {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(repartition) = node.downcast_ref::<RepartitionExec>() else { return Ok(Transformed::no(node)) };
            let input = repartition.input();
            let dealt = matches!(repartition.partitioning(), Partitioning::RoundRobinBatch(_));
            if dealt && input.output_partitioning().partition_count() > 1 {
                return Ok(Transformed::yes(input.clone()));
            }
            Ok(Transformed::no(node))
        })
        .data()
    }

    fn name(&self) -> &str {
        "keep_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
