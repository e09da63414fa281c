//! The memory of an engine: what operators reserve, and what the process uses.
//!
//! Sorting, grouping, joining and the rows of subqueries reserve memory before they use it, and continue in temporary files
//! or fail when there is no more. The rest (the buffers of readers, the states of functions over all rows, values that one
//! expression makes) is too varied to be reserved. If the engine is the main work of its process
//! ([`crate::Limits::process`]), the size of the process is watched while queries run, and bounded too.

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How far the process can exceed the limit before operators that can use temporary files do so: code, threads and the
/// buffers of readers.
const BASE: usize = 96 << 20;

/// What an operator holds at least that is told to use a file.
const MUCH: usize = 12 << 20;

/// How far the process can exceed the limit before queries fail.
const MOST: usize = 160 << 20;

/// The time between two looks at the process. New memory comes at one or two gigabytes per second.
const PERIOD: Duration = Duration::from_millis(5);

/// The time between two attempts to give freed memory back to the system.
const PAUSE: Duration = Duration::from_millis(50);

/// Gives memory that was freed back to the system, which allocators do late. Runs on a thread of its own while queries run.
pub type Release = fn();

/// The memory that an engine's queries share.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: Option<usize>,
    environment: Arc<RuntimeEnv>,
    watch: Option<Arc<Watch>>,
}

impl Memory {
    /// Memory with a limit for what is reserved, and one for the process, if it is to be watched.
    pub(crate) fn new(limit: Option<usize>, process: Option<usize>, release: Option<Release>) -> Result<Memory> {
        let watch = process.map(|limit| Arc::new(Watch::new(limit, release)));
        let mut builder = RuntimeEnvBuilder::new();
        if let Some(limit) = limit {
            builder = builder.with_memory_pool(Arc::new(Pool { limit, watch: watch.clone(), held: Mutex::default() }));
        }
        Ok(Memory { limit, environment: builder.build_arc()?, watch })
    }

    /// Where plans reserve memory and create temporary files.
    pub(crate) fn environment(&self) -> &Arc<RuntimeEnv> {
        &self.environment
    }

    /// Watches the process as long as the returned value exists.
    pub(crate) fn watch(&self) -> Watched {
        Watched(self.watch.clone().inspect(|watch| watch.begin()))
    }

    /// Waits until what a failed run has used and reserved is free again, for at most a second.
    pub(crate) async fn freed(&self) {
        let Some(limit) = self.limit else { return };
        for _ in 0..100 {
            let mut size = 0;
            if let Some(watch) = &self.watch {
                if let Some(release) = watch.release {
                    release();
                }
                size = process_size().unwrap_or(0);
            }
            if size <= limit && self.environment.memory_pool.reserved() <= limit / 4 {
                return;
            }
            tokio::time::sleep(2 * PERIOD).await;
        }
    }

    /// The error of a query that has made the process too large.
    pub(crate) fn exceeded(&self) -> Exceeded {
        Exceeded { limit: self.limit.unwrap_or_default(), operator: None }
    }
}

/// Memory with limits for what is reserved and for temporary files, which are in a folder.
pub(crate) fn in_folder(limit: Option<usize>, folder: &Path, files: Option<u64>) -> Result<Arc<RuntimeEnv>> {
    let mut builder = RuntimeEnvBuilder::new().with_temp_file_path(folder);
    if let Some(files) = files {
        builder = builder.with_max_temp_directory_size(files);
    }
    if let Some(limit) = limit {
        builder = builder.with_memory_pool(Arc::new(Pool { limit, watch: None, held: Mutex::default() }));
    }
    builder.build_arc()
}

/// A query needs more memory than there is.
#[derive(Debug)]
pub(crate) struct Exceeded {
    /// The limit, in bytes.
    pub limit: usize,
    /// The operator or function that asked for more, as it is written in KQL.
    pub operator: Option<String>,
}

/// The error of the pool: DataFusion's, so that operators that can use temporary files recognize it.
fn refused(limit: usize, holder: &str) -> DataFusionError {
    DataFusionError::ResourcesExhausted(format!("{limit} {holder}"))
}

/// [`refused`] for an operator as it is written in KQL, if it is known.
fn refused_to(limit: usize, operator: Option<&str>) -> DataFusionError {
    refused(limit, &operator.map_or(String::new(), |operator| format!("{NAMED}{operator}")))
}

/// The error of a query that has used more memory than there is.
pub(crate) fn exhausted(environment: &RuntimeEnv) -> DataFusionError {
    match environment.memory_pool.memory_limit() {
        MemoryLimit::Finite(limit) => refused_to(limit, None),
        _ => refused_to(0, None),
    }
}

/// What an error of the pool says; `None` for a message of others.
pub(crate) fn exceeded(message: &str) -> Option<Exceeded> {
    let (limit, holder) = message.split_once(' ')?;
    Some(Exceeded { limit: limit.parse().ok()?, operator: operator(holder) })
}

/// The operator, as it is written in KQL, that reserves memory under this name.
fn operator(holder: &str) -> Option<String> {
    if let Some(name) = holder.strip_prefix(NAMED) {
        return Some(name.to_owned());
    }
    let parts = [("Aggregate", "summarize"), ("Join", "join"), ("SMJ", "join"), ("Sort", "sort"), ("TopK", "top")];
    parts.iter().find(|(part, _)| holder.contains(part)).map(|(_, operator)| (*operator).to_owned())
}

/// The start of the names of reservations that are followed by the operator's name in KQL.
const NAMED: &str = "kql ";

/// Fails if the process has become too large, for loops that are not async; `operator` is what runs, as it is written in KQL.
pub(crate) fn check(environment: &RuntimeEnv, operator: Option<&str>) -> Result<()> {
    let pool: &dyn MemoryPool = environment.memory_pool.as_ref();
    match pool.downcast_ref::<Pool>() {
        Some(Pool { watch: Some(watch), limit, .. }) if watch.exceeded.load(Ordering::Relaxed) => {
            Err(refused_to(*limit, operator))
        }
        _ => Ok(()),
    }
}

/// Fails if the memory is smaller than that many bytes, or the process would become too large with them.
pub(crate) fn room(environment: &RuntimeEnv, bytes: usize, operator: Option<&str>) -> Result<()> {
    let MemoryLimit::Finite(limit) = environment.memory_pool.memory_limit() else { return Ok(()) };
    let pool: &dyn MemoryPool = environment.memory_pool.as_ref();
    let watch = pool.downcast_ref::<Pool>().and_then(|pool| pool.watch.as_ref());
    let most = watch.map_or(limit, |watch| limit.min((watch.limit + MOST).saturating_sub(watch.size())));
    if bytes > most { Err(refused_to(limit, operator)) } else { Ok(()) }
}

/// The message of the pool with a function as the holder; `None` if it has a holder.
pub(crate) fn blamed(message: &str, function: &str) -> Option<String> {
    let limit = message.strip_suffix(' ')?;
    Some(format!("{limit} {NAMED}{function}"))
}

/// Whether what is reserved can be moved into a temporary file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spills {
    /// If there is not enough memory.
    WhenFull,
    /// It stays in memory.
    Never,
}

/// A reservation for an operator with this name in KQL.
pub(crate) fn reservation(environment: &RuntimeEnv, operator: &str, spills: Spills) -> MemoryReservation {
    let consumer = MemoryConsumer::new(format!("{NAMED}{operator}")).with_can_spill(spills == Spills::WhenFull);
    consumer.register(&environment.memory_pool)
}

/// A pool that divides a part of the limit among the operators that can use temporary files, and tells them to do so if the
/// process is larger than what they reserved. The other part is for those that cannot: while an operator writes its rows
/// into a file, it merges them in such memory, and fails without it.
#[derive(Debug)]
struct Pool {
    limit: usize,
    watch: Option<Arc<Watch>>,
    held: Mutex<Held>,
}

/// What is reserved.
#[derive(Debug, Default)]
struct Held {
    /// By all that cannot use files.
    fixed: usize,
    /// By all that can.
    spillable: usize,
    /// The number of those that can.
    spillers: usize,
}

impl Pool {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.size() > self.limit + BASE)
    }
}

impl Held {
    fn of(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        if consumer.can_spill() { &mut self.spillable } else { &mut self.fixed }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.limit)
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        "kql"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.held().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.held().spillers -= usize::from(consumer.can_spill());
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.held().of(reservation.consumer()) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        *self.held().of(reservation.consumer()) -= shrink;
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let consumer = reservation.consumer();
        let mut held = self.held();
        let free = self.limit.saturating_sub(held.fixed);
        let is_refused = if consumer.can_spill() {
            let share = free.min(self.limit / 3 * 2) / held.spillers.max(1);
            // one that holds little has little to write into a file
            reservation.size() + additional > share || (reservation.size() > MUCH && self.is_full())
        } else {
            additional > free.saturating_sub(held.spillable)
        };
        if is_refused {
            return Err(refused(self.limit, consumer.name()));
        }
        *held.of(consumer) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let held = self.held();
        held.fixed + held.spillable
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

/// Looks at the size of the process while queries run.
#[derive(Debug)]
struct Watch {
    limit: usize,
    release: Option<Release>,
    /// The size when it was looked at last.
    size: AtomicUsize,
    exceeded: AtomicBool,
    waker: tokio::sync::Notify,
    watching: Mutex<Watching>,
}

#[derive(Debug, Default)]
struct Watching {
    /// The number of queries that run.
    queries: usize,
    /// Whether there is a thread that looks.
    is_looking: bool,
}

impl Watch {
    fn new(limit: usize, release: Option<Release>) -> Watch {
        Watch {
            limit,
            release,
            size: AtomicUsize::new(0),
            exceeded: AtomicBool::new(false),
            waker: tokio::sync::Notify::new(),
            watching: Mutex::default(),
        }
    }

    fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    fn watching(&self) -> std::sync::MutexGuard<'_, Watching> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more query runs. If no thread looks, one starts.
    fn begin(self: &Arc<Self>) {
        let mut watching = self.watching();
        watching.queries += 1;
        if !watching.is_looking {
            let watch = Arc::downgrade(self);
            let thread = std::thread::Builder::new().name("kql memory".to_owned()).spawn(move || look(&watch));
            // without the thread, memory is bounded by what is reserved
            watching.is_looking = thread.is_ok();
        }
    }
}

/// Looks at the process until no query runs.
fn look(watch: &Weak<Watch>) {
    let mut released = Instant::now();
    while let Some(watch) = watch.upgrade() {
        let mut size = process_size().unwrap_or(0);
        if let Some(release) = watch.release
            && size > watch.limit + BASE / 2
            && released.elapsed() > PAUSE
        {
            release();
            released = Instant::now();
            size = process_size().unwrap_or(0);
        }
        let exceeded = size > watch.limit + MOST;
        // under the lock, so that the last query leaves nothing behind
        let mut watching = watch.watching();
        if watching.queries == 0 {
            watching.is_looking = false;
            return;
        }
        watch.size.store(size, Ordering::Relaxed);
        let was = watch.exceeded.swap(exceeded, Ordering::Relaxed);
        drop(watching);
        if exceeded && !was {
            watch.waker.notify_waiters();
        }
        drop(watch);
        std::thread::sleep(PERIOD);
    }
}

/// The memory that the process has, in bytes; `None` if the system does not report it.
fn process_size() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

/// A query that is watched.
#[derive(Debug)]
pub(crate) struct Watched(Option<Arc<Watch>>);

impl Watched {
    /// Completes when the process has become too large.
    pub(crate) async fn exceeded(&self) {
        let Some(watch) = &self.0 else { return futures::future::pending().await };
        loop {
            let woken = watch.waker.notified();
            if watch.exceeded.load(Ordering::Relaxed) {
                return;
            }
            woken.await;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(watch) = &self.0 else { return };
        let mut watching = watch.watching();
        watching.queries -= 1;
        if watching.queries == 0 {
            // the next query begins anew
            watch.exceeded.store(false, Ordering::Relaxed);
            watch.size.store(0, Ordering::Relaxed);
        }
    }
}
