//! Another place than this process for running plans, such as a cluster.

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Runs plans for an engine ([`crate::EngineBuilder::runner`]).
pub trait PlanRunner: fmt::Debug + Send + Sync {
    /// The number of partitions that run at once.
    fn partitions(&self) -> usize;

    /// The rows of a plan, those of a partition after those of the partitions before it; `None` if the plan should run in
    /// this process. Dropping the stream stops the run.
    fn run(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
    ) -> Option<BoxStream<'static, Result<RecordBatch>>>;
}

/// The runner as part of a session.
#[derive(Clone, Debug)]
pub(crate) struct Runner(pub Arc<dyn PlanRunner>);

/// Why a run elsewhere failed, so that it can be told here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RemoteError {
    /// The data is at fault.
    #[error("{0}")]
    Data(String),
    /// The run failed.
    #[error("{0}")]
    Run(String),
    /// It needs more memory than there is.
    #[error("the memory limit of {limit} bytes was exceeded")]
    Memory {
        /// The limit, in bytes.
        limit: usize,
        /// The operator or function that asked for more, as it is written in KQL.
        operator: Option<String>,
    },
    /// The engine has a defect.
    #[error("{0}")]
    Internal(String),
    /// The run was stopped.
    #[error("interrupted")]
    Stopped,
}
