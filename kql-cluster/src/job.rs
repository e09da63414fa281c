//! A job: a plan that was sent to a cluster, from its submission to its last row.

use crate::client::{Cluster, SchedulerClient, SubmitError, external, failed, submit};
use crate::report;
use crate::scheduler::MOST_IN_A_MESSAGE;
use crate::summary::StageSummary;
use ballista_core::client::BallistaClient;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::{
    CancelJobParams, CleanJobDataParams, GetJobMetricsParams, GetJobStatusParams, PartitionLocation,
};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use futures::stream::BoxStream;
use kql_engine::RemoteError;
use kql_engine::codec::Sent;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};

/// The error of a job that was cancelled.
const CANCELLED: &str = "Cancelled";

/// How often a plan is submitted, if its job is lost before any of its rows arrived.
const ATTEMPTS: usize = 3;

/// How long a scheduler that does not answer is waited for: it may start again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time between two questions how far a job is: from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// A job that ran.
#[derive(Clone, Debug, Default)]
pub struct JobSummary {
    /// Its stages, in the order in which they can run.
    pub stages: Vec<StageSummary>,
    /// From its submission to its end.
    pub elapsed: Duration,
    /// How often it was submitted.
    pub attempts: usize,
}

/// A job that runs.
pub(crate) struct Running {
    cluster: Cluster,
    plan: Vec<u8>,
    sent: Arc<Sent>,
    attempts: usize,
    /// Ends the job when it is dropped.
    job: Option<Job>,
    /// The partitions of the result that were not fetched yet.
    left: std::vec::IntoIter<PartitionLocation>,
    current: Option<SendableRecordBatchStream>,
    /// Whether any row has arrived.
    returned: bool,
}

/// How the status of a job is found.
enum Ended {
    Successful(Vec<PartitionLocation>),
    /// The scheduler does not know the job any more, or gave it up.
    Lost(String),
}

impl Running {
    /// The rows of a plan.
    pub(crate) fn start(cluster: Cluster, plan: Vec<u8>, sent: Arc<Sent>) -> BoxStream<'static, Result<RecordBatch>> {
        let running = Running {
            cluster,
            plan,
            sent,
            attempts: 0,
            job: None,
            left: Vec::new().into_iter(),
            current: None,
            returned: false,
        };
        futures::stream::try_unfold(running, |mut running| async move {
            Ok(running.next().await?.map(|batch| (batch, running)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.job.is_none() {
            self.run().await?;
        }
        loop {
            if let Some(current) = &mut self.current {
                match current.next().await {
                    Some(Ok(batch)) if batch.num_rows() == 0 => continue,
                    Some(Ok(batch)) => {
                        self.returned = true;
                        return Ok(Some(batch));
                    }
                    Some(Err(error)) => self.again(&error.to_string()).await?,
                    None => self.current = None,
                }
                continue;
            }
            let Some(location) = self.left.next() else {
                if let Some(job) = &mut self.job {
                    job.finish().await;
                }
                return Ok(None);
            };
            match fetch(&location).await {
                Ok(rows) => self.current = Some(rows),
                Err(reason) => self.again(&reason).await?,
            }
        }
    }

    /// Runs the job once more, because rows of its result are lost.
    async fn again(&mut self, reason: &str) -> Result<()> {
        if self.returned || self.attempts >= ATTEMPTS {
            return Err(external(RemoteError::Run(format!(
                "Rows of the result cannot be fetched from the cluster any more: {reason}. Run the query again."
            ))));
        }
        self.current = None;
        self.run().await
    }

    /// Runs the job to its end. A job that is lost before any row arrived is submitted again.
    async fn run(&mut self) -> Result<()> {
        loop {
            self.attempts += 1;
            let begun = Instant::now();
            let (client, number) = self.submitted().await?;
            let mut job = Job { client, number, done: false, runtime: Handle::current() };
            let ended = job.ended(self.cluster.address()).await?;
            match ended {
                Ended::Successful(mut locations) => {
                    let stages = job.reported(&self.sent).await?;
                    self.cluster.add_job(JobSummary { stages, elapsed: begun.elapsed(), attempts: self.attempts });
                    locations.sort_by_key(|location| {
                        (location.partition_id.as_ref().map(|id| id.partition_id), location.map_partition_id)
                    });
                    self.left = locations.into_iter();
                    self.job = Some(job);
                    return Ok(());
                }
                Ended::Lost(_) if self.attempts < ATTEMPTS => job.done = true,
                Ended::Lost(reason) => return Err(external(RemoteError::Run(reason))),
            }
        }
    }

    /// Submits the plan; a scheduler that does not answer is waited for, if it has answered before.
    async fn submitted(&mut self) -> Result<(SchedulerClient, String)> {
        let address = self.cluster.address().to_owned();
        let address = address.as_str();
        let begun = Instant::now();
        loop {
            let error = match Cluster::open(address).await {
                Ok(mut client) => match submit(&mut client, self.plan.clone()).await {
                    Ok(job) => return Ok((client, job)),
                    Err(SubmitError::Refused(text)) => return Err(failed(&text)),
                    Err(SubmitError::Transport(status)) => {
                        format!("The scheduler at {address} does not accept the query: {}.", status.message())
                    }
                },
                Err(error) => error.to_string(),
            };
            if self.attempts <= 1 || begun.elapsed() > PATIENCE {
                return Err(external(RemoteError::Run(error)));
            }
            tokio::time::sleep(PAUSES.1).await;
        }
    }
}

/// A job of the scheduler. Dropping it cancels the job, and frees the executors.
struct Job {
    client: SchedulerClient,
    number: String,
    done: bool,
    runtime: Handle,
}

impl Job {
    /// Waits for its end.
    async fn ended(&mut self, address: &str) -> Result<Ended> {
        let mut pause = PAUSES.0;
        let mut silent: Option<Instant> = None;
        loop {
            let params = GetJobStatusParams { job_id: self.number.clone() };
            match self.client.get_job_status(params).await {
                Ok(answer) => {
                    silent = None;
                    match answer.into_inner().status.and_then(|status| status.status) {
                        Some(Status::Queued(_) | Status::Running(_)) => {}
                        Some(Status::Successful(job)) => return Ok(Ended::Successful(job.partition_location)),
                        // only the scheduler can have cancelled it: rows of a stage are lost
                        Some(Status::Failed(job)) if job.error == CANCELLED => {
                            return Ok(Ended::Lost(
                                "Executors of the cluster were lost several times while the query ran. Run the query again."
                                    .to_owned(),
                            ));
                        }
                        Some(Status::Failed(job)) => {
                            self.done = true;
                            return Err(failed(&job.error));
                        }
                        None => {
                            return Ok(Ended::Lost(format!(
                                "The scheduler at {address} does not know the query any more; it was started again. Run the \
                                 query again."
                            )));
                        }
                    }
                }
                Err(status) => {
                    let since = *silent.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        self.done = true;
                        return Err(external(RemoteError::Run(format!(
                            "The scheduler at {address} does not answer any more: {}.",
                            status.message()
                        ))));
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Receives the reports of the tasks.
    async fn reported(&mut self, sent: &Sent) -> Result<Vec<StageSummary>> {
        let lost = |status: tonic::Status| {
            external(RemoteError::Run(format!(
                "The cluster ran the query, but its report about damaged values did not arrive: {}. Run the query in one process, \
                 without the cluster.",
                status.message()
            )))
        };
        let params = GetJobMetricsParams { job_id: self.number.clone() };
        let metrics = self.client.get_job_metrics(params).await.map_err(lost)?.into_inner();
        for report in report::reports(&metrics) {
            sent.receive(report.as_bytes())?;
        }
        Ok(StageSummary::of(&metrics))
    }

    /// Frees what the executors hold of it.
    async fn finish(&mut self) {
        self.done = true;
        let params = CleanJobDataParams { job_id: self.number.clone(), remove_stage_ids: Vec::new() };
        // the executors remove it later by themselves
        let _ = self.client.clean_job_data(params).await;
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let (mut client, number) = (self.client.clone(), self.number.clone());
        let (told, wait) = std::sync::mpsc::channel::<()>();
        let cancel = async move {
            let _ = client.cancel_job(CancelJobParams { job_id: number.clone() }).await;
            let _ = client.clean_job_data(CleanJobDataParams { job_id: number, remove_stage_ids: Vec::new() }).await;
            drop(told);
        };
        self.runtime.spawn(cancel);
        // the process may be about to end, and the executors would go on
        if self.runtime.runtime_flavor() == RuntimeFlavor::MultiThread {
            let _ = tokio::task::block_in_place(|| wait.recv_timeout(Duration::from_secs(1)));
        }
    }
}

/// The rows of a partition; the error is the reason in words.
async fn fetch(location: &PartitionLocation) -> std::result::Result<SendableRecordBatchStream, String> {
    let (Some(executor), Some(partition)) = (&location.executor_meta, &location.partition_id) else {
        return Err("the scheduler does not say where they are".to_owned());
    };
    let (host, port) = (executor.host.as_str(), u16::try_from(executor.port).unwrap_or_default());
    let unreachable = |error: ballista_core::error::BallistaError| format!("the executor {host}:{port}: {error}");
    let mut client =
        BallistaClient::try_new(host, port, MOST_IN_A_MESSAGE, false, None, 3, 300, 0, 0).await.map_err(unreachable)?;
    let id = partition.clone().into();
    client
        .fetch_partition_proxied(&executor.id, &id, location.file_id, location.layout(), host, port, true)
        .await
        .map_err(unreachable)
}
