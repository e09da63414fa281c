//! The scheduler of a cluster: it cuts plans into stages, and gives their tasks to executors.

use crate::cluster_state::CheckedState;
use crate::codec::Codec;
use crate::version::Version;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::SessionConfigExt;
use ballista_scheduler::cluster::{BallistaCluster, ClusterState};
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;

/// The bytes of a message: plans with rows of the client, and batches of results.
pub(crate) const MOST_IN_A_MESSAGE: usize = 256 << 20;

/// How long an executor can be silent before its tasks are given to others.
pub const SILENCE: Duration = Duration::from_secs(30);

/// Settings of a scheduler.
#[derive(Clone, Debug)]
pub struct SchedulerSettings {
    /// The address to listen on; with port 0, a free one.
    pub listen: SocketAddr,
    /// How long an executor can be silent before its tasks are given to others.
    pub silence: Duration,
}

impl SchedulerSettings {
    /// The usual settings, for an address.
    pub fn new(listen: SocketAddr) -> SchedulerSettings {
        SchedulerSettings { listen, silence: SILENCE }
    }
}

/// Why a process of a cluster does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be used.
    #[error("The address {address} cannot be listened on: {reason}.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's message.
        reason: std::io::Error,
    },
    /// The folder for temporary files cannot be used.
    #[error("The folder {} cannot be used: {reason}.", folder.display())]
    Folder {
        /// The folder.
        folder: std::path::PathBuf,
        /// The system's message.
        reason: std::io::Error,
    },
    /// The scheduler cannot be used.
    #[error(transparent)]
    Scheduler(#[from] crate::client::ConnectError),
    /// The service ended.
    #[error("The service ended: {0}.")]
    Ended(String),
}

/// What a scheduler answers to a greeting.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Greeted {
    pub version: Version,
    /// The number of executors, and of tasks that they can run at once.
    pub executors: usize,
    pub slots: usize,
}

/// Before and after the answer to a greeting, since Ballista adds its own words.
pub(crate) const ANSWER: (&str, &str) = ("\u{ab}kql-scheduler:", "\u{bb}");

/// The configuration of sessions on schedulers and executors. Plans are complete when they arrive: nothing in them may be
/// optimized again.
pub(crate) fn session_config() -> SessionConfig {
    let mut config = SessionConfig::new_with_ballista()
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_broadcast_join_threshold_bytes(BROADCAST)
        .with_ballista_grpc_client_max_message_size(MOST_IN_A_MESSAGE)
        .with_ballista_coalesce_enabled(false);
    // Ballista lets a rule check the requirements of a stage again. It must find nothing to do: what it would add between the
    // partitions of a stage would change the rows
    config.options_mut().execution.target_partitions = 1;
    // the number of a row begins with that of its partition, which must read its own files
    config.options_mut().execution.enable_file_stream_work_stealing = false;
    let optimizer = &mut config.options_mut().optimizer;
    optimizer.enable_round_robin_repartition = false;
    optimizer.repartition_aggregations = false;
    optimizer.repartition_joins = false;
    optimizer.repartition_windows = false;
    optimizer.repartition_sorts = false;
    optimizer.repartition_file_scans = false;
    optimizer.enable_dynamic_filter_pushdown = false;
    optimizer.enable_topk_dynamic_filter_pushdown = false;
    optimizer.enable_join_dynamic_filter_pushdown = false;
    optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    config
}

/// The side of a join that every task reads as a whole if it has no more bytes.
const BROADCAST: usize = 10 << 20;

/// Whether a message of the scheduler's log is about a greeting of a client, which looks like an error there.
pub fn is_greeting(message: &str) -> bool {
    message.contains(ANSWER.0)
}

/// A scheduler that listens.
#[derive(Debug)]
pub struct Scheduler {
    /// Its address.
    pub address: SocketAddr,
    service: tokio::task::JoinHandle<ballista_core::error::Result<()>>,
}

impl Scheduler {
    /// Starts a scheduler. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ServeError::Listen`] if the address cannot be used.
    pub async fn start(settings: &SchedulerSettings) -> Result<Scheduler, ServeError> {
        let listen = |reason| ServeError::Listen { address: settings.listen, reason };
        let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let executors = Arc::new(Executors::default());
        let known = executors.clone();
        let answer = move |_: &Version| {
            let (executors, slots) = (known.count.load(Ordering::Relaxed), known.slots.load(Ordering::Relaxed));
            let greeted = Greeted { version: Version::own(), executors, slots };
            let json = serde_json::to_string(&greeted).unwrap_or_default();
            format!("{}{json}{}", ANSWER.0, ANSWER.1)
        };
        let silence = settings.silence.as_secs().max(1);
        let config = SchedulerConfig {
            bind_host: address.ip().to_string(),
            external_host: address.ip().to_string(),
            bind_port: address.port(),
            scheduling_policy: TaskSchedulingPolicy::PushStaged,
            task_distribution: TaskDistributionPolicy::RoundRobin,
            grpc_server_max_decoding_message_size: MOST_IN_A_MESSAGE as u32,
            grpc_server_max_encoding_message_size: MOST_IN_A_MESSAGE as u32,
            grpc_client_max_message_size: MOST_IN_A_MESSAGE as u32,
            executor_timeout_seconds: silence,
            expire_dead_executor_interval_seconds: (silence / 6).max(1),
            no_executors_grace_period_seconds: silence,
            executor_termination_grace_period: 1,
            finished_job_data_clean_up_interval_seconds: 300,
            finished_job_state_clean_up_interval_seconds: 600,
            override_config_producer: Some(Arc::new(session_config)),
            override_physical_codec: Some(Arc::new(Codec::of_scheduler(Arc::new(answer)))),
            ..SchedulerConfig::default()
        };
        let config = Arc::new(config);
        let ended = |e: ballista_core::error::BallistaError| ServeError::Ended(e.to_string());
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(ended)?;
        let (ending, mut ended_jobs) = tokio::sync::mpsc::unbounded_channel();
        let state: Arc<dyn ClusterState> = Arc::new(CheckedState::new(cluster.cluster_state(), ending));
        let cluster = BallistaCluster::new(state.clone(), cluster.job_state());
        let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config).await.map_err(ended)?;
        let weak: Weak<Executors> = Arc::downgrade(&executors);
        tokio::spawn(async move {
            let _kept = executors;
            while let Some(executors) = weak.upgrade() {
                let registered = state.registered_executor_metadata().await;
                let slots = registered.iter().map(|e| e.specification.vcores as usize).sum();
                executors.count.store(registered.len(), Ordering::Relaxed);
                executors.slots.store(slots, Ordering::Relaxed);
                drop(executors);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        let service = tokio::spawn(async move {
            let jobs = scheduler.clone();
            let mut service = std::pin::pin!(start_grpc_service_with_listener(listener, scheduler));
            loop {
                tokio::select! {
                    ended = &mut service => return ended,
                    Some(job) = ended_jobs.recv() => {
                        // it fails only if the scheduler ends
                        let _ = jobs.cancel_job(job).await;
                    }
                }
            }
        });
        Ok(Scheduler { address, service })
    }

    /// Waits until the service ends.
    ///
    /// # Errors
    /// [`ServeError::Ended`] with the reason.
    pub async fn ended(self) -> Result<(), ServeError> {
        match self.service.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ServeError::Ended(error.to_string())),
            Err(error) => Err(ServeError::Ended(error.to_string())),
        }
    }
}

/// The executors that are registered.
#[derive(Debug, Default)]
struct Executors {
    count: AtomicUsize,
    slots: AtomicUsize,
}
