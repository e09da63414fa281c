//! The queries that run, those that wait for their turn, and the last ones that ran.

use crate::metrics::{Metrics, Outcome};
use crate::query_error::QueryError;
use crate::settings::ServerLimits;
use kql_engine::CancellationToken;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many ended queries are remembered.
const REMEMBERED: usize = 100;
/// The characters of a query that are remembered.
const SHOWN: usize = 4096;

/// Who sent a query.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// The client's name for the request; without one, the server makes one up.
    pub id: Option<String>,
    /// The program of the client.
    pub application: String,
    /// The user of the client.
    pub user: String,
    /// The database that it asks.
    pub database: String,
}

/// A query that runs or ran.
#[derive(Clone, Debug)]
pub struct Record {
    /// The client's name for the request.
    pub id: String,
    /// The server's name for it.
    pub activity: String,
    /// Its text, which can be cut off.
    pub text: String,
    /// Who sent it.
    pub label: Label,
    /// When it began.
    pub started: SystemTime,
    /// How long it ran, or has run so far.
    pub elapsed: Duration,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub failure: String,
    /// Rows of its result.
    pub rows: u64,
}

/// All queries of the server.
pub struct Queries {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    limits: ServerLimits,
    metrics: Arc<Metrics>,
    running: Mutex<BTreeMap<String, Live>>,
    ended: Mutex<VecDeque<Record>>,
}

/// A query that runs.
struct Live {
    record: Record,
    started: Instant,
    cancel: CancellationToken,
    rows: Arc<AtomicU64>,
}

/// The right of a query to run. It ends when this is dropped.
pub struct Admission {
    queries: Arc<Queries>,
    activity: String,
    id: String,
    cancel: CancellationToken,
    started: Instant,
    timeout: Duration,
    timed_out: Arc<AtomicBool>,
    /// Rows so far.
    rows: Arc<AtomicU64>,
    /// Ends the task that watches the time; it holds the permit.
    done: CancellationToken,
    result: (Outcome, String, u64),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queries {
    /// No queries yet.
    pub fn new(limits: ServerLimits, metrics: Arc<Metrics>) -> Queries {
        Queries {
            permits: Arc::new(Semaphore::new(limits.queries.max(1))),
            waiting: AtomicUsize::new(0),
            limits,
            metrics,
            running: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    /// Waits until a query can run.
    ///
    /// # Errors
    /// [`QueryError::Busy`] if too many queries wait, or this one has waited for too long.
    pub async fn admit(
        self: &Arc<Self>,
        text: &str,
        label: &Label,
        timeout: Duration,
    ) -> Result<Admission, QueryError> {
        let permit = self.permit().await?;
        let activity = uuid::Uuid::new_v4().to_string();
        let id = label.id.clone().unwrap_or_else(|| activity.clone());
        let cancel = CancellationToken::new();
        let record = Record {
            id: id.clone(),
            activity: activity.clone(),
            text: text.chars().take(SHOWN).collect(),
            label: label.clone(),
            started: SystemTime::now(),
            elapsed: Duration::ZERO,
            outcome: None,
            failure: String::new(),
            rows: 0,
        };
        let started = Instant::now();
        let rows = Arc::new(AtomicU64::new(0));
        let live = Live { record, started, cancel: cancel.clone(), rows: rows.clone() };
        lock(&self.running).insert(activity.clone(), live);
        self.metrics.started();
        let admission = Admission {
            queries: self.clone(),
            activity,
            id,
            cancel: cancel.clone(),
            started,
            timeout,
            timed_out: Arc::default(),
            rows,
            done: CancellationToken::new(),
            result: (Outcome::Cancelled, String::new(), 0),
        };
        let (timed_out, done) = (admission.timed_out.clone(), admission.done.clone());
        tokio::spawn(async move {
            // a client that reads nothing does not keep the permit for longer than its query may run
            let _permit = permit;
            tokio::select! {
                () = tokio::time::sleep(timeout) => {
                    timed_out.store(true, Ordering::SeqCst);
                    cancel.cancel();
                }
                () = cancel.cancelled() => {}
                () = done.cancelled() => {}
            }
        });
        Ok(admission)
    }

    async fn permit(self: &Arc<Self>) -> Result<OwnedSemaphorePermit, QueryError> {
        let busy = || {
            self.metrics.busy();
            QueryError::Busy(Duration::from_secs(2))
        };
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let place = Waiting::new(self);
        if place.0.waiting.load(Ordering::Relaxed) > self.limits.waiting {
            return Err(busy());
        }
        match tokio::time::timeout(self.limits.patience, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy()),
        }
    }

    /// Cancels the queries with this name, the client's or the server's; false if none runs.
    pub fn cancel(&self, id: &str) -> bool {
        let running = lock(&self.running);
        let named = running.values().filter(|live| live.record.id == id || live.record.activity == id);
        named.map(|live| live.cancel.cancel()).count() > 0
    }

    /// Cancels all queries.
    pub fn cancel_all(&self) {
        lock(&self.running).values().for_each(|live| live.cancel.cancel());
    }

    /// The queries that run, and the last ones that ran, newest first.
    pub fn records(&self) -> Vec<Record> {
        let mut records: Vec<Record> = lock(&self.running)
            .values()
            .map(|live| {
                let rows = live.rows.load(Ordering::Relaxed);
                Record { elapsed: live.started.elapsed(), rows, ..live.record.clone() }
            })
            .collect();
        records.extend(lock(&self.ended).iter().cloned());
        records.sort_by_key(|record| std::cmp::Reverse(record.started));
        records
    }
}

/// A place in the queue.
struct Waiting<'a>(&'a Queries);

impl Waiting<'_> {
    fn new(queries: &Queries) -> Waiting<'_> {
        queries.waiting.fetch_add(1, Ordering::Relaxed);
        queries.metrics.waiting(1);
        Waiting(queries)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.waiting(-1);
    }
}

impl Admission {
    /// The client's name for the query.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The server's name for the query.
    pub fn activity(&self) -> &str {
        &self.activity
    }

    /// What stops the query.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// It has returned this many rows so far.
    pub fn returned(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// Why it was stopped.
    pub fn stopped(&self) -> QueryError {
        if self.timed_out.load(Ordering::SeqCst) { QueryError::Timeout(self.timeout) } else { QueryError::Cancelled }
    }

    /// The query has its whole result, of this many rows, or its error.
    pub fn ended(&mut self, rows: u64, error: Option<&QueryError>) {
        self.result = match error {
            None => (Outcome::Completed, String::new(), rows),
            Some(QueryError::Cancelled) => (Outcome::Cancelled, String::new(), rows),
            Some(error) => (Outcome::Failed, error.to_string(), rows),
        };
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.done.cancel();
        let (outcome, failure, rows) = std::mem::replace(&mut self.result, (Outcome::Cancelled, String::new(), 0));
        let elapsed = self.started.elapsed();
        self.queries.metrics.ended(outcome, rows, elapsed);
        if let Some(Live { record, .. }) = lock(&self.queries.running).remove(&self.activity) {
            let mut ended = lock(&self.queries.ended);
            ended.push_back(Record { elapsed, outcome: Some(outcome), failure, rows, ..record });
            if ended.len() > REMEMBERED {
                ended.pop_front();
            }
        }
    }
}
