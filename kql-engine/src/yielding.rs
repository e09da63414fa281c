//! Joins and the expansion of lists yield: a few rows of their inputs can become many, and a task that never waits cannot be
//! stopped.
//!
//! DataFusion's `CooperativeExec` takes a turn of the task's budget for each of its nodes. In a plan with more of them than
//! turns, none is left for the lowest ones, and the plan never ends. Here each node counts for itself.

use crate::one_input::one_input;
use crate::slices::in_slices;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The batches after which a node yields.
const TURNS: usize = 32;

/// The rule that places a [`YieldingExec`] above each node that can return many rows for one.
#[derive(Debug)]
pub(crate) struct YieldingRows;

impl PhysicalOptimizerRule for YieldingRows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let input = match node.name() {
                "UnnestExec" => in_slices(node)?,
                name if name.ends_with("JoinExec") => node,
                _ => return Ok(Transformed::no(node)),
            };
            Ok(Transformed::yes(Arc::new(YieldingExec { input }) as _))
        })
        .data()
    }

    fn name(&self) -> &str {
        "yielding_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Returns the batches of its input, and lets other work of the thread run from time to time.
#[derive(Clone, Debug)]
pub(crate) struct YieldingExec {
    input: Arc<dyn ExecutionPlan>,
}

impl YieldingExec {
    /// The batches of `input`.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> YieldingExec {
        YieldingExec { input }
    }
}

impl DisplayAs for YieldingExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YieldingExec")
    }
}

impl ExecutionPlan for YieldingExec {
    one_input!("YieldingExec", |_node, input| Arc::new(YieldingExec { input }));

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(Yielding { input: self.input.execute(partition, context)?, turns: TURNS }))
    }
}

struct Yielding {
    input: SendableRecordBatchStream,
    turns: usize,
}

impl Stream for Yielding {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.turns == 0 {
            self.turns = TURNS;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.input.poll_next_unpin(context);
        match polled {
            Poll::Ready(_) => self.turns -= 1,
            Poll::Pending => self.turns = TURNS,
        }
        polled
    }
}

impl RecordBatchStream for Yielding {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
