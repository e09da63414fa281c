//! Counts of what happened, in the text format of Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets for durations, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];

/// Counts of what happened.
#[derive(Default)]
pub struct Metrics {
    /// Answers by the first digit of their status.
    answers: [AtomicU64; 6],
    refused: AtomicU64,
    queries: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    busy: AtomicU64,
    running: AtomicI64,
    waiting: AtomicI64,
    rows: AtomicU64,
    ingested: AtomicU64,
    connections: AtomicI64,
    buckets: [AtomicU64; BUCKETS.len()],
    duration: AtomicU64,
}

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With its whole result.
    Completed,
    /// With an error.
    Failed,
    /// Its client went away, or somebody cancelled it.
    Cancelled,
}

impl Metrics {
    /// An answer was sent.
    pub fn answered(&self, status: u16) {
        if let Some(count) = self.answers.get(usize::from(status / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request was refused because of its host, its origin or its token.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// A query was refused because too many run.
    pub fn busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    /// A query begins (1) or ends (-1) to wait for its turn.
    pub fn waiting(&self, change: i64) {
        self.waiting.fetch_add(change, Ordering::Relaxed);
    }

    /// A connection was opened (1) or closed (-1).
    pub fn connections(&self, change: i64) {
        self.connections.fetch_add(change, Ordering::Relaxed);
    }

    /// Rows were ingested.
    pub fn ingested(&self, rows: u64) {
        self.ingested.fetch_add(rows, Ordering::Relaxed);
    }

    /// A query begins.
    pub fn started(&self) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// A query has ended.
    pub fn ended(&self, outcome: Outcome, rows: u64, elapsed: Duration) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        match outcome {
            Outcome::Completed => {}
            Outcome::Failed => _ = self.failed.fetch_add(1, Ordering::Relaxed),
            Outcome::Cancelled => _ = self.cancelled.fetch_add(1, Ordering::Relaxed),
        }
        let seconds = elapsed.as_secs_f64();
        for (count, bound) in self.buckets.iter().zip(BUCKETS) {
            if seconds <= bound {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.duration.fetch_add(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// All counts as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut family = |name: &str, kind: &str, help: &str, value: i128| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        family(
            "kql_requests_refused_total",
            "counter",
            "Requests refused for their host, origin or token.",
            get(&self.refused).into(),
        );
        family("kql_queries_total", "counter", "Queries that were started.", get(&self.queries).into());
        family("kql_queries_failed_total", "counter", "Queries that ended with an error.", get(&self.failed).into());
        family("kql_queries_cancelled_total", "counter", "Queries that were cancelled.", get(&self.cancelled).into());
        family("kql_queries_busy_total", "counter", "Queries refused since too many ran.", get(&self.busy).into());
        family("kql_queries_running", "gauge", "Queries that run.", self.running.load(Ordering::Relaxed).into());
        family("kql_queries_waiting", "gauge", "Queries that wait.", self.waiting.load(Ordering::Relaxed).into());
        family("kql_rows_total", "counter", "Rows of results.", get(&self.rows).into());
        family("kql_ingested_rows_total", "counter", "Rows that were ingested.", get(&self.ingested).into());
        family("kql_connections", "gauge", "Open connections.", self.connections.load(Ordering::Relaxed).into());
        if let Some(memory) = memory_stats::memory_stats() {
            let bytes = i128::try_from(memory.physical_mem).unwrap_or(0);
            family("process_resident_memory_bytes", "gauge", "Resident memory of the process.", bytes);
        }
        out.push_str(
            "# HELP kql_answers_total Answers, by the class of their status.\n# TYPE kql_answers_total counter\n",
        );
        for (class, count) in self.answers.iter().enumerate().skip(2) {
            let _ = writeln!(out, "kql_answers_total{{class=\"{class}xx\"}} {}", get(count));
        }
        out.push_str("# HELP kql_query_seconds How long queries ran.\n# TYPE kql_query_seconds histogram\n");
        for (count, bound) in self.buckets.iter().zip(BUCKETS) {
            let _ = writeln!(out, "kql_query_seconds_bucket{{le=\"{bound}\"}} {}", get(count));
        }
        let running = u64::try_from(self.running.load(Ordering::Relaxed)).unwrap_or(0);
        let ended = get(&self.queries).saturating_sub(running);
        let _ = writeln!(out, "kql_query_seconds_bucket{{le=\"+Inf\"}} {ended}");
        let _ = writeln!(out, "kql_query_seconds_sum {}", get(&self.duration) as f64 / 1e6);
        let _ = writeln!(out, "kql_query_seconds_count {ended}");
        out
    }
}
