//! Runs KQL on Apache Ballista. It holds what a plan needs to travel (names and codecs) and the start of Ballista's roles, and no
//! knowledge of KQL of its own.
//!
//! The client plans a query as it does for one process, down to the executable plan. That plan is cut into stages by the
//! scheduler, and executors run their tasks; each of these processes needs the engine only for its functions and readers.
//!
//! ```text
//! codec.rs      plans as bytes                    version.rs    processes of other builds are refused
//! client.rs     the engine's runner               job.rs        a plan from its submission to its last row
//! scheduler.rs  the scheduler                     executor.rs   an executor
//! task.rs       a task on an executor             report.rs     what it found out, for the client
//! failure.rs    errors on their way to the client summary.rs    what the stages of a job did
//! connections.rs  connections between executors   cluster_state.rs  what is left to run, and where there is room
//! loopback.rs   plans that are sent to this process, for tests
//! ```

mod client;
mod cluster_state;
mod codec;
mod connections;
mod executor;
mod failure;
mod job;
#[doc(hidden)]
pub mod loopback;
mod report;
mod scheduler;
mod summary;
mod task;
mod version;

pub use client::{Cluster, ConnectError};
pub use executor::{ExecutorSettings, run_executor};
pub use job::JobSummary;
pub use scheduler::{SILENCE, Scheduler, SchedulerSettings, ServeError, is_greeting};
pub use summary::{OperatorSummary, StageSummary};
pub use version::{Refused, Version};
