//! Ballista's state of a cluster, with two defects of its recovery avoided.
//!
//! - It counts a slot as taken when it gives a task to an executor, and as free when the task reports its end. It forgets that
//!   end if the task's stage was rolled back meanwhile because another executor is gone: the slot is taken forever, and in the
//!   end nothing can run. Here the slots that are taken are those of tasks that run.
//! - A stage that runs again keeps the rows of its first run in the inputs of later stages, if both that stage and the one it
//!   reads have lost rows. They are then counted twice. Here a job ends as soon as a stage has to run again, and the client
//!   submits it anew. Tasks of a stage that still runs are repeated as Ballista does it.

use ballista_core::JobId;
use ballista_core::error::Result;
use ballista_core::serde::protobuf::ExecutorHeartbeat;
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::{BoundTask, ClusterState, ClusterStateEventStream, ExecutorSlot};
use ballista_scheduler::config::TaskDistributionPolicy;
use ballista_scheduler::state::execution_stage::ExecutionStage;
use ballista_scheduler::state::task_manager::JobInfoCache;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedSender;

/// The slots of an executor.
struct Slots {
    all: u32,
    /// Those that Ballista's state has as free.
    free: u32,
}

/// Ballista's state of a cluster, which is asked for the next tasks.
pub(crate) struct CheckedState {
    state: Arc<dyn ClusterState>,
    slots: Mutex<HashMap<String, Slots>>,
    /// The jobs that must end.
    ending: UnboundedSender<JobId>,
}

impl CheckedState {
    /// Over Ballista's state. Jobs that must end are sent to `ending`, and get no tasks any more.
    pub(crate) fn new(state: Arc<dyn ClusterState>, ending: UnboundedSender<JobId>) -> CheckedState {
        CheckedState { state, slots: Mutex::default(), ending }
    }

    /// The jobs whose stages all run for the first time.
    async fn sound(&self, jobs: &HashMap<JobId, JobInfoCache>) -> HashMap<JobId, JobInfoCache> {
        let mut sound = HashMap::new();
        for (number, job) in jobs {
            if job.execution_graph.read().await.stages().values().any(runs_again) {
                // it can be sent several times until it has ended; if the scheduler ends, so do its jobs
                let _ = self.ending.send(number.clone());
            } else {
                sound.insert(number.clone(), job.clone());
            }
        }
        sound
    }
}

fn runs_again(stage: &ExecutionStage) -> bool {
    let attempt = match stage {
        ExecutionStage::UnResolved(stage) => stage.stage_attempt_num,
        ExecutionStage::Resolved(stage) => stage.stage_attempt_num,
        ExecutionStage::Running(stage) => stage.stage_attempt_num,
        ExecutionStage::Successful(stage) => stage.stage_attempt_num,
        ExecutionStage::Failed(stage) => stage.stage_attempt_num,
    };
    attempt > 0
}

/// The slots of each executor that tasks of the jobs use.
async fn used(jobs: &HashMap<JobId, JobInfoCache>) -> HashMap<String, u32> {
    let mut used = HashMap::new();
    for job in jobs.values() {
        let graph = job.execution_graph.read().await;
        for task in graph.running_tasks() {
            let slots = graph.task_vcores(task.stage_id, task.task_id).unwrap_or(1);
            *used.entry(task.executor_id).or_insert(0) += slots;
        }
    }
    used
}

#[async_trait::async_trait]
impl ClusterState for CheckedState {
    async fn init(&self) -> Result<()> {
        self.state.init().await
    }

    async fn bind_schedulable_tasks(
        &self,
        distribution: TaskDistributionPolicy,
        active_jobs: Arc<HashMap<JobId, JobInfoCache>>,
        executors: Option<HashSet<String>>,
    ) -> Result<Vec<BoundTask>> {
        let mut slots = self.slots.lock().await;
        let sound = Arc::new(self.sound(&active_jobs).await);
        let before = used(&active_jobs).await;
        let freed = slots.iter().filter_map(|(executor, slots)| {
            let free = slots.all.saturating_sub(before.get(executor).copied().unwrap_or(0));
            (free > slots.free).then(|| (executor.clone(), free - slots.free))
        });
        self.state.unbind_tasks(freed.collect()).await?;
        let bound = self.state.bind_schedulable_tasks(distribution, sound, executors).await?;
        let after = used(&active_jobs).await;
        for (executor, slots) in slots.iter_mut() {
            slots.free = slots.all.saturating_sub(after.get(executor).copied().unwrap_or(0));
        }
        Ok(bound)
    }

    async fn unbind_tasks(&self, _: Vec<ExecutorSlot>) -> Result<()> {
        // they are counted before the next tasks are given to executors
        Ok(())
    }

    async fn register_executor(&self, metadata: ExecutorMetadata, data: ExecutorData) -> Result<()> {
        let (executor, all) = (metadata.id.clone(), data.available_vcores);
        self.state.register_executor(metadata, data).await?;
        self.slots.lock().await.insert(executor, Slots { all, free: all });
        Ok(())
    }

    async fn save_executor_metadata(&self, metadata: ExecutorMetadata) -> Result<()> {
        self.state.save_executor_metadata(metadata).await
    }

    async fn get_executor_metadata(&self, executor: &str) -> Result<ExecutorMetadata> {
        self.state.get_executor_metadata(executor).await
    }

    async fn registered_executor_metadata(&self) -> Vec<ExecutorMetadata> {
        self.state.registered_executor_metadata().await
    }

    async fn save_executor_heartbeat(&self, heartbeat: ExecutorHeartbeat) -> Result<()> {
        self.state.save_executor_heartbeat(heartbeat).await
    }

    async fn remove_executor(&self, executor: &str) -> Result<()> {
        self.slots.lock().await.remove(executor);
        self.state.remove_executor(executor).await
    }

    fn executor_heartbeats(&self) -> HashMap<String, ExecutorHeartbeat> {
        self.state.executor_heartbeats()
    }

    fn get_executor_heartbeat(&self, executor: &str) -> Option<ExecutorHeartbeat> {
        self.state.get_executor_heartbeat(executor)
    }

    async fn cluster_state_events(&self) -> Result<ClusterStateEventStream> {
        self.state.cluster_state_events().await
    }
}
