//! The free slots of executors.
//!
//! Ballista counts a slot as taken when it gives a task to an executor, and as free when the task reports its end. It forgets
//! that end if the task's stage was rolled back meanwhile because another executor is gone: the slot is taken forever, and in
//! the end nothing can run. Here the slots that are taken are those of tasks that run.

use ballista_core::JobId;
use ballista_core::error::Result;
use ballista_core::serde::protobuf::ExecutorHeartbeat;
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::{BoundTask, ClusterState, ClusterStateEventStream, ExecutorSlot};
use ballista_scheduler::config::TaskDistributionPolicy;
use ballista_scheduler::state::task_manager::JobInfoCache;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The slots of an executor.
struct Slots {
    all: u32,
    /// Those that Ballista's state has as free.
    free: u32,
}

/// Ballista's state of a cluster, whose free slots are counted anew before tasks are given to executors.
pub(crate) struct CountedSlots {
    state: Arc<dyn ClusterState>,
    slots: Mutex<HashMap<String, Slots>>,
}

impl CountedSlots {
    /// Over Ballista's state.
    pub(crate) fn new(state: Arc<dyn ClusterState>) -> CountedSlots {
        CountedSlots { state, slots: Mutex::default() }
    }
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
impl ClusterState for CountedSlots {
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
        let before = used(&active_jobs).await;
        let freed = slots.iter().filter_map(|(executor, slots)| {
            let free = slots.all.saturating_sub(before.get(executor).copied().unwrap_or(0));
            (free > slots.free).then(|| (executor.clone(), free - slots.free))
        });
        self.state.unbind_tasks(freed.collect()).await?;
        let bound = self.state.bind_schedulable_tasks(distribution, active_jobs.clone(), executors).await?;
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
