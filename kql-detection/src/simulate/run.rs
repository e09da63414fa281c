//! Runs rules on a timeline.

use super::gaps::gaps;
use super::outcome::{Ran, Simulated, SimulatedAlert, SimulatedRule, Simulation};
use super::repeats::{Repeats, RunRows};
use super::schedule::{Schedule, Window, arrival};
use crate::check::alerts;
use crate::hunt::tally::{Shown, Tally};
use crate::hunt::{HuntError, Refusal, RefusalKind, RuleSet, iso, of_query, refusal};
use crate::rule::{EventGrouping, Rule};
use kql_engine::{Arrivals, CancellationToken, Engine, Error, Held, Limits, Moment, Settled};
use kql_parser::time;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How a simulation runs.
pub struct SimulateOptions<'a> {
    /// When the runs begin, in ticks; `None` for the first time in the data.
    pub from: Option<i64>,
    /// When they end, in ticks; `None` for the last time in the data, or at which a row arrived.
    pub to: Option<i64>,
    /// How long after their time rows arrive that do not say when they did, in ticks.
    pub delay: i64,
    /// The time that each run has; `None` for no limit.
    pub timeout: Option<Duration>,
    /// The bytes of rows that are held in memory; the others are in a temporary file.
    pub memory: usize,
    /// How many rules run at once.
    pub threads: usize,
    /// Is called when a rule has ended, with how many have.
    pub progress: Option<&'a (dyn Fn(usize) + Sync)>,
}

/// Runs each rule that has a schedule as often as it says, each time over the rows that were there.
///
/// # Errors
/// The simulation was stopped, or there is no data.
pub fn simulate(engine: &Engine, set: RuleSet, options: &SimulateOptions) -> Result<Simulation, HuntError> {
    let queries: Vec<&str> = set.rules.iter().map(|rule| rule.query.text.as_str()).collect();
    let held = engine.hold(&queries, options.memory, 1)?;
    let mut notices = Vec::new();
    let mut of_tables = BTreeMap::new();
    for table in &held.tables {
        match held.moments_of(&table.name) {
            Some(mut moments) => {
                moments.sort_unstable();
                of_tables.insert(table.name.clone(), Arc::new(moments));
            }
            None => notices.push(format!("{} has rows without a time, so its rows are there in every run", table.name)),
        }
    }
    let times = || of_tables.values().flat_map(|moments| moments.iter());
    let first = times().map(|moment| moment.time).min();
    let last = times().map(|moment| moment.time.max(arrival(moment, options.delay))).max();
    let range = options.from.or(first).map(|from| (from, options.to.or(last).unwrap_or(from).max(from)));
    notices.extend(first.zip(last).and_then(|data| outside(options, data)));
    let threads = options.threads.clamp(1, 64);
    let limits = Limits { partitions: 1, ..held.engine.limits() };
    let simulating = Simulating {
        engine: held.engine.derive().limits(limits).build()?,
        held: &held,
        set: &set,
        options,
        of_tables,
        range,
        next: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
    };
    let done: Mutex<Vec<(usize, SimulatedRule)>> = Mutex::default();
    let failed: Mutex<Option<HuntError>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
                    match simulating.one() {
                        None => return,
                        Some(Ok(one)) => done.lock().unwrap_or_else(PoisonError::into_inner).push(one),
                        Some(Err(error)) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    drop(simulating);
    let mut rules = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    rules.sort_by_key(|(at, _)| *at);
    let rules = rules.into_iter().map(|(_, rule)| rule).collect();
    Ok(Simulation { rules, problems: set.problems, range, notices })
}

/// A notice if no row can be in any run, since the data begins and ends at other times.
fn outside(options: &SimulateOptions, (first, last): (i64, i64)) -> Option<String> {
    if let Some(from) = options.from.filter(|from| *from > last) {
        return Some(format!("the data ends at {}, before the first run at {}", iso(last), iso(from)));
    }
    let to = options.to.filter(|to| *to < first)?;
    Some(format!("the data begins at {}, after the last run at {}", iso(first), iso(to)))
}

struct Simulating<'a> {
    engine: Engine,
    held: &'a Held,
    set: &'a RuleSet,
    options: &'a SimulateOptions<'a>,
    /// When the rows of each table are, in order.
    of_tables: BTreeMap<String, Arc<Vec<Moment>>>,
    /// When the runs begin and end; `None` if neither an option nor the data says it.
    range: Option<(i64, i64)>,
    next: AtomicUsize,
    ended: AtomicUsize,
}

/// The rows of a run.
struct Found {
    tally: Tally,
    rows: u64,
    all: RunRows,
}

impl Simulating<'_> {
    fn one(&self) -> Option<Result<(usize, SimulatedRule), HuntError>> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let rule = self.set.rules.get(at)?;
        let outcome = match self.ran(at, rule) {
            Ok(outcome) => outcome,
            Err(error) => return Some(Err(error)),
        };
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = self.options.progress {
            progress(ended);
        }
        Some(Ok((at, SimulatedRule { rule: rule.clone(), outcome })))
    }

    /// All runs of a rule. The error ends the simulation.
    fn ran(&self, at: usize, rule: &Rule) -> Result<Simulated, HuntError> {
        let Some(reads) = self.held.queries.get(at) else { return Ok(Simulated::NoSchedule) };
        if let Some(error) = reads.diagnostics.iter().find(|d| d.is_error()) {
            return Ok(Simulated::Refused(of_query(rule, error)));
        }
        if let Some(problem) = &rule.schedule_problem {
            let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
            let reason = format!("{}{help}", problem.message);
            return Ok(Simulated::Refused(Refusal { kind: RefusalKind::Query, reason, line: problem.line() }));
        }
        if !Schedule::is_of(rule) {
            return Ok(Simulated::NoSchedule);
        }
        let Some((from, to)) = self.range else {
            let reason =
                "the tables of the rules have no times, so that there is no time to run at (give --from and --to)";
            return Ok(Simulated::Refused(Refusal { kind: RefusalKind::Data, reason: reason.to_owned(), line: None }));
        };
        let Some(schedule) = Schedule::of(rule, from, to) else { return Ok(Simulated::NoSchedule) };
        let moments = self.held.moments(at).map(|mut moments| {
            moments.sort_unstable();
            moments
        });
        let mut ran = Ran {
            schedule,
            suppressed: 0,
            rows: 0,
            alerts: Vec::new(),
            repeated_rows: 0,
            repeated_alerts: 0,
            repeats: Vec::new(),
            gaps: Vec::new(),
        };
        let mut repeats = Repeats::default();
        let mut suppressed = Vec::with_capacity(schedule.runs.min(1 << 20));
        let mut silent_until = i64::MIN;
        for run in 0..schedule.runs {
            let window = schedule.window(run);
            let is_silent = window.now < silent_until;
            suppressed.push(is_silent);
            if is_silent {
                ran.suppressed += 1;
                continue;
            }
            let can_have_rows = moments.as_ref().is_none_or(|moments| self.sees_any(moments, &window));
            let found = match can_have_rows {
                false => Found { tally: Tally::new(0), rows: 0, all: RunRows::default() },
                true => match self.at(rule, &window)? {
                    Ok(found) => found,
                    Err(refusal) => return Ok(Simulated::Refused(refusal)),
                },
            };
            ran.rows += found.rows;
            let count = alerts(rule, found.rows);
            if count == 0 {
                continue;
            }
            let mut own = found.all;
            if rule.grouping == EventGrouping::AlertPerResult {
                own.keep(count);
            }
            let repeated_rows = repeats.alert(window.now, own);
            ran.repeated_alerts += match rule.grouping {
                EventGrouping::SingleAlert => u64::from(found.rows > 0 && repeated_rows == found.rows),
                EventGrouping::AlertPerResult => repeated_rows.min(count),
            };
            let hit = found.tally.finish().unwrap_or_default();
            ran.alerts.push(SimulatedAlert {
                now: window.now,
                rows: found.rows,
                alerts: count,
                first: hit.first,
                last: hit.last,
                entities: hit.entities,
                repeated_rows,
            });
            if let Some(silence) = &rule.suppression {
                silent_until = window.now.saturating_add(silence.value);
            }
        }
        ran.repeated_rows = repeats.count();
        ran.repeats = repeats.examples;
        for table in &reads.with_data {
            if let Some(moments) = self.of_tables.get(table) {
                ran.gaps.push(gaps(table, moments, &schedule, &suppressed, self.options.delay));
            }
        }
        Ok(Simulated::Ran(Box::new(ran)))
    }

    /// Whether a run sees any of these rows, which are in the order of time.
    fn sees_any(&self, moments: &[Moment], window: &Window) -> bool {
        let from = window.times.map_or(0, |(from, _)| moments.partition_point(|moment| moment.time < from));
        let mut in_time =
            moments.iter().skip(from).take_while(|moment| window.times.is_none_or(|(_, to)| moment.time < to));
        in_time.any(|moment| window.sees(moment, self.options.delay))
    }

    /// One run. The inner error is one of the rule.
    fn at(&self, rule: &Rule, window: &Window) -> Result<Result<Found, Refusal>, HuntError> {
        let (from, to) = window.arrivals;
        let mut builder = self.engine.derive().now(&time::datetime_text(window.now))?;
        builder = builder.arrivals(Arrivals { from, to, delay: self.options.delay });
        if let Some((from, to)) = window.times {
            builder = builder.times(&time::datetime_text(from), &time::datetime_text(to))?;
        }
        let engine = builder.build()?;
        let cancel = CancellationToken::new();
        let result = std::thread::scope(|scope| {
            let (sender, done) = std::sync::mpsc::channel::<()>();
            if let Some(timeout) = self.options.timeout {
                let cancel = cancel.clone();
                scope.spawn(move || {
                    if done.recv_timeout(timeout) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                        cancel.cancel();
                    }
                });
            }
            let result = found(&engine, rule, &cancel);
            drop(sender);
            result
        });
        match result {
            Ok(found) => Ok(Ok(found)),
            Err(Error::Interrupted) if engine.progress().is_stopped() => Err(Error::Interrupted.into()),
            Err(error) => {
                let mut refusal = refusal(rule, error, self.options.timeout);
                if refusal.kind != RefusalKind::Query {
                    refusal.reason = format!("the run at {}: {}", iso(window.now), refusal.reason);
                }
                Ok(Err(refusal))
            }
        }
    }
}

fn found(engine: &Engine, rule: &Rule, cancel: &CancellationToken) -> Result<Found, Error> {
    let mut run = engine.start(&rule.query.text, cancel)?;
    loop {
        let mut found = Found { tally: Tally::new(0), rows: 0, all: RunRows::default() };
        // the first result is the one that makes alerts
        for stream in run.take_streams().into_iter().take(1) {
            let schema = stream.schema.clone();
            found.tally.begin(rule, &schema);
            for batch in stream.batches() {
                let batch = batch?;
                found.rows += batch.num_rows() as u64;
                found.tally.add(&schema, &batch, Shown::No);
                found.all.add(&schema, &batch);
            }
        }
        match run.settle()? {
            Settled::Stands(_) => return Ok(found),
            Settled::Again(again) => run = again,
        }
    }
}
