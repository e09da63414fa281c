//! The progress of a run, and a way to stop it.

use datafusion::physical_plan::ExecutionPlan;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts what is read, in all threads; every engine has one ([`crate::Engine::progress`]).
#[derive(Debug, Default)]
pub struct Progress {
    rows: AtomicU64,
    bytes: AtomicU64,
    stopped: AtomicBool,
    waker: tokio::sync::Notify,
    /// Running plans: scans of Parquet have their own counters.
    running: Mutex<Vec<Arc<dyn ExecutionPlan>>>,
}

impl Progress {
    /// Rows read from files since the engine was created.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed) + self.counted("output_rows")
    }

    /// Bytes read from files since the engine was created; for compressed files, compressed bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed) + self.counted("bytes_scanned")
    }

    /// Stops everything that runs at the next batch: it fails with [`crate::Error::Interrupted`]. So does everything that
    /// starts later, until [`Progress::reset`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.waker.notify_waiters();
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Resets the counts to zero, and allows runs to start again.
    pub fn reset(&self) {
        self.rows.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.stopped.store(false, Ordering::SeqCst);
    }

    /// Adds rows and bytes that a reader of text has read.
    pub(crate) fn add(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Completes when it is stopped.
    pub(crate) async fn stopping(&self) {
        loop {
            let woken = self.waker.notified();
            if self.is_stopped() {
                return;
            }
            woken.await;
        }
    }

    /// Counts the scans of a plan as long as the returned value exists, and keeps their counts after that.
    pub(crate) fn watch(self: &Arc<Self>, plan: &Arc<dyn ExecutionPlan>) -> Watched {
        self.plans().push(plan.clone());
        Watched { progress: self.clone(), plan: plan.clone() }
    }

    fn plans(&self) -> std::sync::MutexGuard<'_, Vec<Arc<dyn ExecutionPlan>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self, name: &str) -> u64 {
        self.plans().iter().map(|plan| scanned(plan.as_ref(), name)).sum()
    }
}

/// A plan whose scans are counted.
pub(crate) struct Watched {
    progress: Arc<Progress>,
    plan: Arc<dyn ExecutionPlan>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut plans = self.progress.plans();
        plans.retain(|plan| !Arc::ptr_eq(plan, &self.plan));
        let count = |name| scanned(self.plan.as_ref(), name);
        self.progress.add(count("output_rows"), count("bytes_scanned"));
    }
}

/// Whether a plan has the counts of Parquet scans: it is one, or stands for plans with such scans.
pub(crate) fn is_scan(plan: &dyn ExecutionPlan) -> bool {
    matches!(plan.name(), "DataSourceExec" | "PlannedExec")
}

/// The counts of the Parquet scans of a plan; those of text are counted by [`Progress::add`].
fn scanned(plan: &dyn ExecutionPlan, name: &str) -> u64 {
    let children = plan.children();
    if !children.is_empty() {
        return children.into_iter().map(|child| scanned(child.as_ref(), name)).sum();
    }
    if !is_scan(plan) {
        return 0;
    }
    let found = plan.metrics().and_then(|metrics| metrics.sum_by_name(name));
    found.map_or(0, |value| value.as_usize() as u64)
}
