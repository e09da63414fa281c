//! The client of a cluster: it sends plans to the scheduler, and fetches the rows from executors.

use crate::codec::{self, Codec};
use crate::failure;
use crate::job::{JobSummary, Running};
use crate::scheduler::{ANSWER, Greeted, MOST_IN_A_MESSAGE};
use crate::summary::{self, StageSummary};
use crate::version::{Refused, Version};
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{ExecuteQueryParams, execute_query_failure_result, execute_query_result};
use ballista_core::version::insert_version_header;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result as RunResult};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::StreamExt;
use futures::stream::BoxStream;
use kql_engine::codec::{Sent, distributed, is_traced, reads_files};
use kql_engine::{PlanRunner, RemoteError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

/// How long a connection can take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an answer of the scheduler can take.
const ANSWERS: Duration = Duration::from_secs(60);

pub(crate) type SchedulerClient = SchedulerGrpcClient<Channel>;

/// A cluster that runs plans of an engine ([`kql_engine::EngineBuilder::runner`]).
#[derive(Clone, Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Host and port of the scheduler.
    address: String,
    executors: usize,
    slots: usize,
    /// The jobs that ran.
    jobs: Mutex<Vec<JobSummary>>,
}

/// Why a cluster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address has not the right form.
    #[error("'{0}' is not the address of a scheduler: HOST:PORT is expected.")]
    Address(String),
    /// Nothing answers.
    #[error("The scheduler at {address} cannot be reached: {reason}.")]
    Unreachable {
        /// Its address.
        address: String,
        /// The system's message.
        reason: String,
    },
    /// Something else than a scheduler of kql answers.
    #[error("What listens at {address} is not a scheduler of kql: {reason}.")]
    NoScheduler {
        /// Its address.
        address: String,
        /// What it says.
        reason: String,
    },
    /// It is of another version.
    #[error("The scheduler at {address} cannot be used: {refused}.")]
    Version {
        /// Its address.
        address: String,
        /// Both versions.
        refused: Refused,
    },
    /// No executor is there.
    #[error("The cluster at {0} has no executors; start one with 'kql cluster executor --scheduler {0}'.")]
    NoExecutors(String),
}

impl Cluster {
    /// Asks the scheduler at `HOST:PORT` for its version and its executors. Needs a tokio runtime with timers.
    ///
    /// # Errors
    /// [`ConnectError`] if it cannot be used.
    pub async fn connect(address: &str) -> Result<Cluster, ConnectError> {
        // executors that have just started are not known at once
        let mut greeted = Cluster::greet(address).await?;
        for _ in 0..10 {
            if greeted.slots > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            greeted = Cluster::greet(address).await?;
        }
        if greeted.slots == 0 {
            return Err(ConnectError::NoExecutors(address.to_owned()));
        }
        let Greeted { executors, slots, .. } = greeted;
        let shared = Shared { address: address.to_owned(), executors, slots, jobs: Mutex::default() };
        Ok(Cluster { shared: Arc::new(shared) })
    }

    /// [`Cluster::connect`], blocking.
    ///
    /// # Errors
    /// Those of [`Cluster::connect`].
    pub fn connect_blocking(address: &str) -> Result<Cluster, ConnectError> {
        let unreachable = |reason: std::io::Error| {
            Err(ConnectError::Unreachable { address: address.to_owned(), reason: reason.to_string() })
        };
        blocking(Cluster::connect(address)).unwrap_or_else(unreachable)
    }

    /// Host and port of the scheduler.
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// The number of executors when the connection was made.
    pub fn executors(&self) -> usize {
        self.shared.executors
    }

    /// The jobs that ran since the last call.
    pub fn take_jobs(&self) -> Vec<JobSummary> {
        std::mem::take(&mut *self.shared.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The stages in which a plan would run; `None` if it would run in this process. Blocks.
    ///
    /// # Errors
    /// The plan cannot be sent to a cluster.
    pub fn stages(&self, plan: &Arc<dyn ExecutionPlan>) -> RunResult<Option<Vec<StageSummary>>> {
        if !reads_files(plan) || is_traced(plan) {
            return Ok(None);
        }
        let context = Arc::new(TaskContext::default());
        let plan = blocking(distributed(plan, &context))??;
        summary::stages(&plan).map(Some)
    }

    pub(crate) fn add_job(&self, job: JobSummary) {
        self.shared.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(job);
    }

    /// What the scheduler says about itself.
    pub(crate) async fn greet(address: &str) -> Result<Greeted, ConnectError> {
        let mut client = Cluster::open(address).await?;
        let no_scheduler = |reason: String| ConnectError::NoScheduler { address: address.to_owned(), reason };
        let text = match submit(&mut client, codec::greeting()).await {
            Err(SubmitError::Refused(text)) => text,
            Err(SubmitError::Transport(status)) => return Err(no_scheduler(status.message().to_owned())),
            Ok(_) => return Err(no_scheduler("it does not answer a greeting".to_owned())),
        };
        let answer = text.split_once(ANSWER.0).and_then(|(_, rest)| rest.split_once(ANSWER.1));
        let Some(greeted) = answer.and_then(|(json, _)| serde_json::from_str::<Greeted>(json).ok()) else {
            return Err(no_scheduler(text));
        };
        greeted.version.check().map_err(|refused| ConnectError::Version { address: address.to_owned(), refused })?;
        Ok(greeted)
    }

    /// A connection to the scheduler.
    pub(crate) async fn open(address: &str) -> Result<SchedulerClient, ConnectError> {
        let endpoint = Endpoint::from_shared(format!("http://{}", address.trim_start_matches("http://")))
            .map_err(|_| ConnectError::Address(address.to_owned()))?;
        if endpoint.uri().port().is_none() {
            return Err(ConnectError::Address(address.to_owned()));
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .timeout(ANSWERS)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(20));
        let channel = endpoint
            .connect()
            .await
            .map_err(|e| ConnectError::Unreachable { address: address.to_owned(), reason: innermost(&e) })?;
        Ok(SchedulerGrpcClient::new(channel)
            .max_decoding_message_size(MOST_IN_A_MESSAGE)
            .max_encoding_message_size(MOST_IN_A_MESSAGE))
    }
}

/// Waits for async work, also inside of a runtime, on a thread of its own.
fn blocking<T: Send>(work: impl Future<Output = T> + Send) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::scope(|scope| {
        let done = scope.spawn(|| runtime.block_on(work)).join();
        done.map_err(|_| std::io::Error::other("the work broke off"))
    })
}

/// The message of the cause of an error.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Why a plan was not accepted.
#[derive(Debug)]
pub(crate) enum SubmitError {
    /// The scheduler does not accept it.
    Refused(String),
    /// The scheduler does not answer.
    Transport(tonic::Status),
}

/// Sends a plan; returns the number of its job.
pub(crate) async fn submit(client: &mut SchedulerClient, plan: Vec<u8>) -> Result<String, SubmitError> {
    let session = Version::own();
    let params = ExecuteQueryParams {
        session_id: format!("kql-{}-{}", session.number, session.fingerprint),
        settings: Vec::new(),
        operation_id: String::new(),
        query: Some(Query::PhysicalPlan(plan)),
    };
    let mut request = tonic::Request::new(params);
    insert_version_header(request.metadata_mut());
    let answer = client.execute_query(request).await.map_err(|status| match status.code() {
        tonic::Code::FailedPrecondition | tonic::Code::InvalidArgument => {
            SubmitError::Refused(status.message().to_owned())
        }
        _ => SubmitError::Transport(status),
    })?;
    match answer.into_inner().result {
        Some(execute_query_result::Result::Success(success)) => Ok(success.job_id),
        Some(execute_query_result::Result::Failure(failure)) => Err(SubmitError::Refused(match failure.failure {
            Some(execute_query_failure_result::Failure::PlanParsingFailure(text)) => text,
            other => format!("{other:?}"),
        })),
        None => Err(SubmitError::Refused("it gives no answer".to_owned())),
    }
}

impl PlanRunner for Cluster {
    fn partitions(&self) -> usize {
        self.shared.slots
    }

    fn run(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
    ) -> Option<BoxStream<'static, RunResult<RecordBatch>>> {
        if !reads_files(plan) || is_traced(plan) {
            return None;
        }
        let (cluster, plan, context) = (self.clone(), plan.clone(), context.clone());
        let batches = async move {
            let sent = Arc::new(Sent::default());
            let plan = distributed(&plan, &context).await?;
            summary::check(&plan)?;
            let bytes = codec::encode(&plan, &Codec::of_sender(sent.clone()))?;
            if bytes.len() > MOST_IN_A_MESSAGE / 2 {
                let megabytes = bytes.len() >> 20;
                return Err(external(RemoteError::Run(format!(
                    "The query's plan has {megabytes} MB, and {} MB can be sent to a cluster.",
                    MOST_IN_A_MESSAGE >> 21
                ))));
            }
            Ok(Running::start(cluster, bytes, sent))
        };
        Some(futures::stream::once(batches).flat_map(flattened).boxed())
    }
}

fn flattened(
    running: RunResult<BoxStream<'static, RunResult<RecordBatch>>>,
) -> BoxStream<'static, RunResult<RecordBatch>> {
    match running {
        Ok(stream) => stream,
        Err(error) => futures::stream::once(std::future::ready(Err(error))).boxed(),
    }
}

pub(crate) fn external(error: RemoteError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The error in a text of the scheduler.
pub(crate) fn failed(text: &str) -> DataFusionError {
    external(failure::read(text))
}
