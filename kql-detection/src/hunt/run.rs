//! Runs the rules of a hunt.

use super::now::at_time;
use super::outcome::{HuntOutcome, Refusal, RefusalKind, RuleOutcome, Status};
use super::rules::RuleSet;
use super::tally::{Shown, Tally};
use crate::rule::Rule;
use arrow::array::RecordBatch;
use kql_engine::{
    CancellationToken, Engine, Error, Held, HeldDescription, Limits, QueryReads, Run, Settled, TableSchema,
};
use kql_parser::{Diagnostic, time};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The fewest rules for which a table is held: to read its file twice costs less than to hold it.
const FEWEST: usize = 3;

/// How rules run.
pub struct HuntOptions<'a> {
    /// The time that each rule has; `None` for no limit.
    pub timeout: Option<Duration>,
    /// The bytes of rows that are held in memory; the others are in a temporary file.
    pub memory: usize,
    /// How many rules run at once.
    pub threads: usize,
    /// The rows of each hit that the outcome has.
    pub sample: usize,
    /// Receives all rows of each rule that has any, when its first row is there.
    pub sink: Option<&'a OpenSink<'a>>,
    /// Is called when a rule has ended, with how many have.
    pub progress: Option<&'a (dyn Fn(usize) + Sync)>,
}

/// Opens what receives the rows of a rule, by its place in the rule set.
pub type OpenSink<'a> = dyn Fn(usize, &Rule) -> io::Result<Box<dyn RowSink>> + Sync + 'a;

/// Receives the rows of a rule.
pub trait RowSink: Send {
    /// Rows of these columns; a query can have several results, one after the other.
    ///
    /// # Errors
    /// They cannot be written.
    fn rows(&mut self, schema: &TableSchema, batch: &RecordBatch) -> io::Result<()>;

    /// The rows are void: the query runs again.
    ///
    /// # Errors
    /// They cannot be taken back.
    fn start_again(&mut self) -> io::Result<()>;

    /// There are no more rows.
    ///
    /// # Errors
    /// They cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// Why a hunt did not end.
#[derive(Debug, thiserror::Error)]
pub enum HuntError {
    /// The engine failed, or was stopped.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The rows of a rule cannot be written.
    #[error("The rows of {rule} cannot be written: {error}")]
    Rows {
        /// The name of the rule.
        rule: String,
        /// Why.
        error: io::Error,
    },
}

/// Runs each rule once over the data of the engine. If the engine has no time of its own, `now()` is the latest time in the
/// data, since `ago()` would find nothing in old evidence.
///
/// # Errors
/// The hunt was stopped, or rows cannot be written. What is wrong with a rule, or with its data, is in the outcome.
pub fn hunt(engine: &Engine, set: RuleSet, options: &HuntOptions) -> Result<HuntOutcome, HuntError> {
    let started = Instant::now();
    let queries: Vec<&str> = set.rules.iter().map(|rule| rule.query.text.as_str()).collect();
    let Held { engine: source, queries: reads, tables, .. } = engine.hold(&queries, options.memory, FEWEST)?;
    let mut notices = Vec::new();
    let (now, held) = at_time(&source, &tables, &mut notices)?;
    drop(source);
    let threads = options.threads.clamp(1, 64);
    // with many rules, each has one thread
    let many = match set.rules.len() < 2 * threads {
        true => held.clone(),
        false => held.derive().limits(Limits { partitions: 1, ..held.limits() }).build()?,
    };
    let mut outcomes = BTreeMap::new();
    let mut run = |engine: &Engine, places: Vec<usize>, threads: usize, outcomes: &mut BTreeMap<usize, RuleOutcome>| {
        // those that run again had ended before
        let before = outcomes.len().saturating_sub(places.len());
        let hunt = Hunting {
            engine,
            set: &set,
            reads: &reads,
            options,
            places,
            deadlines: Mutex::default(),
            failed: Mutex::default(),
            notices: Mutex::default(),
            next: AtomicUsize::new(0),
            ended: AtomicUsize::new(before),
        };
        outcomes.extend(hunt.all(threads));
        notices.extend(hunt.notices.into_inner().unwrap_or_else(PoisonError::into_inner));
        match hunt.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(without_memory(outcomes)),
        }
    };
    // a rule that found too little memory beside others runs again by itself; if the rows that are held leave too little, it
    // runs as a query of its own, over the files
    let refused = run(&many, (0..set.rules.len()).collect(), threads, &mut outcomes)?;
    drop(many);
    let refused = run(&held, refused, 1, &mut outcomes)?;
    drop(held);
    if !refused.is_empty() {
        let alone = engine.derive().now(&time::datetime_text(now))?.build()?;
        run(&alone, refused, 1, &mut outcomes)?;
    }
    let outcomes: Vec<RuleOutcome> = outcomes.into_values().collect();
    notices.extend(unread(engine, &tables, &outcomes));
    Ok(HuntOutcome { rules: outcomes, problems: set.problems, tables, now, notices, elapsed: started.elapsed() })
}

/// A notice about tables of the data that no rule reads, if a rule has no data: its tables can have other names there.
fn unread(engine: &Engine, read: &[HeldDescription], rules: &[RuleOutcome]) -> Option<String> {
    const SHOWN: usize = 10;
    if rules.iter().all(|rule| rule.without_data.is_empty()) {
        return None;
    }
    let mut names = engine.data_tables();
    let read: BTreeSet<&str> = read.iter().map(|table| table.name.as_str()).collect();
    names.retain(|name| !read.contains(name.as_str()));
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let list = names.join(", ");
    (!names.is_empty()).then(|| format!("no rule reads these tables of the data: {list}{and_more}"))
}

/// The places of the rules that were refused for want of memory.
fn without_memory(outcomes: &BTreeMap<usize, RuleOutcome>) -> Vec<usize> {
    let is_refused = |outcome: &RuleOutcome| matches!(&outcome.status, Status::Refused(refusal) if refusal.kind == RefusalKind::Memory);
    outcomes.iter().filter(|(_, outcome)| is_refused(outcome)).map(|(place, _)| *place).collect()
}

struct Hunting<'a> {
    engine: &'a Engine,
    set: &'a RuleSet,
    reads: &'a [QueryReads],
    options: &'a HuntOptions<'a>,
    /// The places of the rules that run.
    places: Vec<usize>,
    /// When runs are to be stopped.
    deadlines: Mutex<Vec<(Instant, CancellationToken)>>,
    failed: Mutex<Option<HuntError>>,
    notices: Mutex<BTreeSet<String>>,
    next: AtomicUsize,
    ended: AtomicUsize,
}

impl Hunting<'_> {
    /// Runs all rules, several at once; with their places.
    fn all(&self, threads: usize) -> Vec<(usize, RuleOutcome)> {
        let done = Mutex::new(Vec::with_capacity(self.set.rules.len()));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            if self.options.timeout.is_some() {
                scope.spawn(|| self.stop_late_runs(&is_over));
            }
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        while let Some((at, outcome)) = self.one() {
                            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                            let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
                            if let Some(progress) = self.options.progress {
                                progress(ended);
                            }
                        }
                    })
                })
                .collect();
            for worker in workers {
                if let Err(panic) = worker.join() {
                    std::panic::resume_unwind(panic);
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the runs whose time is over, until all have ended.
    fn stop_late_runs(&self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            let now = Instant::now();
            self.deadlines.lock().unwrap_or_else(PoisonError::into_inner).retain(|(deadline, cancel)| {
                if *deadline <= now {
                    cancel.cancel();
                }
                *deadline > now
            });
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn one(&self) -> Option<(usize, RuleOutcome)> {
        if self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        let at = *self.places.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        let (rule, reads) = (self.set.rules.get(at)?, self.reads.get(at)?);
        let started = Instant::now();
        let status = match self.ran(at, rule, reads) {
            Ok(status) => status,
            Err(error) => {
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                return None;
            }
        };
        let without_data = reads.tables.iter().filter(|name| !reads.with_data.contains(name)).cloned().collect();
        let (tables, elapsed) = (reads.tables.clone(), started.elapsed());
        Some((at, RuleOutcome { rule: rule.clone(), status, tables, without_data, elapsed }))
    }

    /// The error ends the hunt.
    fn ran(&self, at: usize, rule: &Rule, reads: &QueryReads) -> Result<Status, HuntError> {
        if let Some(error) = reads.diagnostics.iter().find(|d| d.is_error()) {
            return Ok(Status::Refused(of_query(rule, error)));
        }
        if !reads.can_have_rows {
            return Ok(without_rows(reads));
        }
        let cancel = CancellationToken::new();
        if let Some(timeout) = self.options.timeout {
            let mut deadlines = self.deadlines.lock().unwrap_or_else(PoisonError::into_inner);
            deadlines.push((Instant::now() + timeout, cancel.clone()));
        }
        let mut rows = Rows { at, rule, tally: Tally::new(self.options.sample), open: self.options.sink, sink: None };
        let ran = self.engine.start(&rule.query.text, &cancel).map_err(Stop::Query);
        let ran = ran.and_then(|run| self.read(run, &mut rows));
        match ran {
            Ok(()) => {}
            Err(Stop::Rows(error)) => return Err(HuntError::Rows { rule: rule.name.clone(), error }),
            Err(Stop::Query(Error::Interrupted)) if self.engine.progress().is_stopped() => {
                return Err(Error::Interrupted.into());
            }
            Err(Stop::Query(error)) => return Ok(Status::Refused(refusal(rule, error, self.options.timeout))),
        }
        Ok(match rows.tally.finish() {
            Some(hit) => Status::Hit(Box::new(hit)),
            None => without_rows(reads),
        })
    }

    fn read(&self, mut run: Run, rows: &mut Rows) -> Result<(), Stop> {
        loop {
            for (number, stream) in run.take_streams().into_iter().enumerate() {
                let schema = stream.schema.clone();
                rows.tally.begin(rows.rule, &schema);
                let shown = if number == 0 { Shown::Yes } else { Shown::No };
                for batch in stream.batches() {
                    rows.add(&schema, &batch.map_err(Stop::Query)?, shown)?;
                }
            }
            match run.settle().map_err(Stop::Query)? {
                Settled::Stands(prepared) => {
                    // what a rule says about tables without data is in its outcome
                    let about_data = prepared.notices().into_iter().filter(|notice| !notice.contains("has no data"));
                    self.notices.lock().unwrap_or_else(PoisonError::into_inner).extend(about_data);
                    break;
                }
                Settled::Again(again) => {
                    run = again;
                    rows.start_again(self.options.sample)?;
                }
            }
        }
        rows.finish()
    }
}

/// Why a rule has no result; `timeout` is the time that it had.
pub(crate) fn refusal(rule: &Rule, error: Error, timeout: Option<Duration>) -> Refusal {
    let (kind, reason) = match error {
        Error::Query(found) => match found.iter().find(|d| d.is_error()) {
            Some(error) => return of_query(rule, error),
            None => (RefusalKind::Query, "the query cannot be understood".to_owned()),
        },
        Error::Interrupted => {
            let timeout = timeout.unwrap_or_default();
            (RefusalKind::Timeout, format!("it was stopped after {} s", timeout.as_secs_f64()))
        }
        Error::Data(error) => (RefusalKind::Data, error.to_string()),
        error @ Error::Memory { .. } => (RefusalKind::Memory, error.to_string()),
        error => (RefusalKind::Run, error.to_string()),
    };
    Refusal { kind, reason, line: None }
}

/// Why the rows of a rule are not complete.
enum Stop {
    Query(Error),
    Rows(io::Error),
}

/// The rows of a rule, on their way to the outcome and to the sink.
struct Rows<'a> {
    at: usize,
    rule: &'a Rule,
    tally: Tally,
    open: Option<&'a OpenSink<'a>>,
    sink: Option<Box<dyn RowSink>>,
}

impl Rows<'_> {
    fn add(&mut self, schema: &TableSchema, batch: &RecordBatch, shown: Shown) -> Result<(), Stop> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if let (None, Some(open)) = (&self.sink, self.open) {
            self.sink = Some(open(self.at, self.rule).map_err(Stop::Rows)?);
        }
        if let Some(sink) = &mut self.sink {
            sink.rows(schema, batch).map_err(Stop::Rows)?;
        }
        self.tally.add(schema, batch, shown);
        Ok(())
    }

    fn start_again(&mut self, sample: usize) -> Result<(), Stop> {
        self.tally = Tally::new(sample);
        self.sink.as_mut().map_or(Ok(()), |sink| sink.start_again()).map_err(Stop::Rows)
    }

    fn finish(&mut self) -> Result<(), Stop> {
        self.sink.as_mut().map_or(Ok(()), |sink| sink.finish()).map_err(Stop::Rows)
    }
}

fn without_rows(reads: &QueryReads) -> Status {
    if !reads.tables.is_empty() && reads.with_data.is_empty() { Status::NoData } else { Status::NoHit }
}

/// What is wrong with the query of a rule.
pub(crate) fn of_query(rule: &Rule, error: &Diagnostic) -> Refusal {
    // the query is not at fault, and the message names the file
    if error.code == kql_parser::codes::UNREADABLE_DATA {
        return Refusal { kind: RefusalKind::Data, reason: error.message.clone(), line: None };
    }
    let before = rule.query.text.get(..error.span.start as usize).unwrap_or_default();
    let line = rule.query.first_line + before.matches('\n').count();
    let reason = format!("{} {}", error.code.as_str(), error.message);
    Refusal { kind: RefusalKind::Query, reason, line: Some(line) }
}
