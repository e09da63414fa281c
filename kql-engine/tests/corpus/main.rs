//! Runs a corpus of queries: over empty tables, and over rows made for each query, at two batch sizes and two partition
//! counts, which must not change an answer.
//!
//! `KQL_CORPUS` names a file of JSON lines with fields "id", "query" and "profile", `KQL_FUNCTIONS` files of saved
//! functions as JSON, as a list of paths; without them the project's own queries run. Worth a release build:
//!
//! `KQL_CORPUS=queries.jsonl KQL_FUNCTIONS=a.json:b.json cargo test --release -p kql-engine --test corpus [-- PART OF AN ID]`

mod constants;
mod rows;

use constants::Constants;
use kql_engine::Profile;
use kql_engine::sources::catalogue;
use kql_engine::{CancellationToken, Follow, Limits, TraceOptions};
use kql_engine::{Engine, EngineBuilder, Error};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The share of the queries that bind which has to run.
const ENOUGH: f64 = 0.99;
/// What no query may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The most tables of a query that get rows: `find` looks through a thousand.
const MANY: usize = 20;
const NOW: &str = "2026-03-10T12:00:00Z";

struct Case {
    id: String,
    query: String,
    profile: Profile,
}

struct Settings {
    functions: Vec<(String, String, String)>,
    /// An empty file, which stands for all external data.
    nothing: tempfile::NamedTempFile,
    now: i64,
}

/// What happened to a query.
#[derive(Default)]
struct Outcome {
    unbound: Option<String>,
    /// Refused, in words, and over which tables.
    refused: Option<(&'static str, String)>,
    panicked: Option<String>,
    differs: Option<String>,
    rows: usize,
    longest: Duration,
}

fn cases() -> Vec<Case> {
    let Some(path) = std::env::var_os("KQL_CORPUS") else { return own() };
    let text = std::fs::read_to_string(path).expect("the corpus can be read");
    let case = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("a case is a line of JSON");
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let profile = match value["profile"].as_str() {
            Some("sentinel") => Profile::Sentinel,
            Some("defender") => Profile::Defender,
            _ => Profile::Unified,
        };
        Case { id: field("id"), query: field("query"), profile }
    };
    text.lines().map(case).collect()
}

/// The packages of `queries`.
fn own() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries");
    let entries = std::fs::read_dir(root).expect("the project has queries");
    let query = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.ok()?.path();
        let query = std::fs::read_to_string(path.join("query.kql")).ok()?;
        Some(Case { id: path.file_name()?.to_string_lossy().into_owned(), query, profile: Profile::Unified })
    };
    entries.filter_map(query).collect()
}

fn functions() -> Vec<(String, String, String)> {
    let mut functions = Vec::new();
    for path in std::env::var_os("KQL_FUNCTIONS").iter().flat_map(std::env::split_paths) {
        let text = std::fs::read_to_string(&path).expect("the functions can be read");
        let saved: BTreeMap<String, Value> = serde_json::from_str(&text).expect("saved functions are a JSON object");
        for (name, function) in saved {
            let part = |part: &str| function[part].as_str().unwrap_or_default().to_owned();
            functions.push((name, part("parameters"), part("body")));
        }
    }
    functions
}

fn engine(case: &Case, settings: &Settings, limits: Limits) -> EngineBuilder {
    let mut builder = Engine::builder().profile(case.profile).limits(limits).now(NOW).expect("a datetime");
    if let Some(path) = std::env::var_os("KQL_GEO_IP") {
        builder = builder.geo_ip(path);
    }
    for (name, parameters, body) in &settings.functions {
        builder = builder.function(name, parameters, body);
    }
    for address in case.query.split(['"', '\'', '`', ' ']).filter(|word| word.starts_with("http")) {
        let address = address.split(';').next().unwrap_or(address);
        builder = builder.external(address, settings.nothing.path());
    }
    builder
}

/// The rows of an answer as sorted lines of text.
fn lines(answer: &kql_engine::Answer) -> Vec<String> {
    let mut lines = Vec::new();
    for (n, table) in answer.tables.iter().enumerate() {
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let mut line = format!("{n}");
                for (array, column) in batch.columns().iter().zip(&table.schema.columns) {
                    line.push('\u{1f}');
                    kql_engine::cell::json(array, column.ty, row, &mut line);
                }
                lines.push(line);
            }
        }
    }
    lines.sort_unstable();
    lines
}

fn summary(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The tables of a query that get rows. `search` reads none while none has any: it gets some of the catalogue's.
fn with_rows(tables: Vec<String>, engine: &Engine) -> Vec<String> {
    if !tables.is_empty() {
        return tables.into_iter().take(MANY).collect();
    }
    let names = engine.table_names();
    let step = names.len().div_ceil(MANY).max(1);
    names.into_iter().step_by(step).collect()
}

fn run(case: &Case, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    let limits = |batch_size, partitions| Limits { batch_size, partitions, ..Limits::default() };
    let empty = match engine(case, settings, limits(8192, 1)).build() {
        Ok(engine) => engine,
        Err(error) => return Outcome { unbound: Some(error.to_string()), ..outcome },
    };
    if empty.check(&case.query).diagnostics.iter().any(|d| d.is_error()) {
        return Outcome { unbound: Some("the query does not bind".into()), ..outcome };
    }
    let begin = Instant::now();
    let tables = match empty.prepare(&case.query).and_then(|prepared| prepared.run().map(|_| prepared.tables())) {
        Ok(tables) => tables,
        Err(error) => {
            outcome.refused = Some(("empty tables", summary(&error)));
            Vec::new()
        }
    };
    outcome.longest = begin.elapsed();
    let mut constants = Constants::of(&case.query);
    let mut random = rows::Random::of(&case.id);
    let schemas: Vec<_> = with_rows(tables, &empty)
        .into_iter()
        .filter_map(|name| Some((catalogue::table(case.profile, &name)?, name)))
        .collect();
    constants.unpack(|name| schemas.iter().flat_map(|(schema, _)| &schema.columns).any(|c| c.name == name));
    let batches: Vec<_> = schemas
        .into_iter()
        .map(|(schema, name)| (name, rows::rows(&schema, &constants, settings.now, &mut random)))
        .collect();
    let mut first: Option<Vec<String>> = None;
    let runs = [limits(8192, 1), limits(1, 1), limits(8192, 4), limits(1, 4)].map(|limits| (limits, false));
    // a traced run, which follows the rows of a table, returns the same rows
    for (limits, traced) in runs.into_iter().chain([(limits(8192, 2), true)]) {
        let mut builder = engine(case, settings, limits);
        for (name, batch) in &batches {
            builder = builder.table(name, vec![batch.clone()]).expect("batches make a table");
        }
        let engine = builder.build().expect("an engine over batches");
        let begin = Instant::now();
        let answer = if traced {
            let follow = batches.first().map(|(table, _)| Follow { table: table.clone(), rows: None });
            let options = TraceOptions { follow, items: true, ..TraceOptions::default() };
            engine.trace(&case.query, &options, &CancellationToken::new()).map(|traced| traced.answer)
        } else {
            engine.query(&case.query)
        };
        outcome.longest = outcome.longest.max(begin.elapsed());
        match (answer, &first) {
            (Err(error), _) => {
                outcome.refused.get_or_insert(("rows", summary(&error)));
            }
            (Ok(answer), None) => {
                let lines = lines(&answer);
                outcome.rows = lines.len();
                first = Some(lines);
            }
            (Ok(answer), Some(first)) => {
                let lines = lines(&answer);
                if lines != *first && outcome.differs.is_none() {
                    let mine = lines.iter().find(|l| !first.contains(l)).cloned().unwrap_or_default();
                    let theirs = first.iter().find(|l| !lines.contains(l)).cloned().unwrap_or_default();
                    outcome.differs = Some(format!(
                        "{limits:?}, traced {traced}: {} rows, not {}\n  {mine}\n  {theirs}",
                        lines.len(),
                        first.len()
                    ));
                }
            }
        }
    }
    outcome
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let cases: Vec<Case> =
        cases().into_iter().filter(|c| wanted.is_empty() || wanted.iter().any(|w| c.id.contains(w))).collect();
    let settings = Settings {
        functions: functions(),
        nothing: tempfile::Builder::new().suffix(".csv").tempfile().expect("a file"),
        now: kql_parser::time::parse_datetime(NOW).expect("a datetime"),
    };
    let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let running: Mutex<BTreeMap<usize, Instant>> = Mutex::default();
    let running = &running;
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // says which query keeps everybody waiting
            while next.load(Ordering::Relaxed) < cases.len() || !running.lock().expect("no thread panics").is_empty() {
                std::thread::sleep(Duration::from_secs(1));
                for (n, begin) in running.lock().expect("no thread panics").iter() {
                    let seconds = begin.elapsed().as_secs();
                    if seconds > 0 && seconds.is_multiple_of(30) {
                        eprintln!("{} takes {seconds} s", cases.get(*n).map_or("", |c| c.id.as_str()));
                    }
                }
            }
        });
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(n) else { break };
                    if n > 0 && n.is_multiple_of(500) {
                        eprintln!("{n} of {}", cases.len());
                    }
                    running.lock().expect("no thread panics").insert(n, Instant::now());
                    let outcome = catch_unwind(AssertUnwindSafe(|| run(case, &settings))).unwrap_or_else(|panic| {
                        let message = panic.downcast_ref::<String>().cloned();
                        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|m| (*m).to_owned()));
                        Outcome { panicked: Some(message.unwrap_or_default()), ..Outcome::default() }
                    });
                    running.lock().expect("no thread panics").remove(&n);
                    outcomes.lock().expect("no thread panics").push((n, outcome));
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let mut outcomes = outcomes.into_inner().expect("no thread panics");
    outcomes.sort_by_key(|(n, _)| *n);
    report(&cases, &outcomes);
}

fn report(cases: &[Case], outcomes: &[(usize, Outcome)]) {
    let id = |n: &usize| cases.get(*n).map_or("", |c| c.id.as_str());
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (n, outcome) in outcomes {
        if let Some((over, reason)) = &outcome.refused {
            reasons.entry(format!("over {over}: {reason}")).or_default().push(id(n));
        }
        if let Some(message) = &outcome.panicked {
            println!("PANIC {}: {message}", id(n));
        }
        if let Some(difference) = &outcome.differs {
            println!("DIFFERS {}: {difference}", id(n));
        }
        if outcome.longest > LIMIT {
            println!("LATE {}: {:?}", id(n), outcome.longest);
        }
    }
    for (reason, ids) in &reasons {
        println!("{} refused {reason}\n    {}", ids.len(), ids.join("\n    "));
    }
    let count = |what: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|(_, o)| what(o)).count();
    let unbound = count(&|o| o.unbound.is_some());
    let bound = outcomes.len() - unbound;
    let panicked = count(&|o| o.panicked.is_some());
    let refused = count(&|o| o.refused.is_some());
    // with a code of Microsoft's: columns that saved functions or the rows make, which binding the query does not see
    let as_service = count(&|o| o.refused.as_ref().is_some_and(|(_, reason)| reason.starts_with("KS")));
    let differ = count(&|o| o.differs.is_some());
    let late = count(&|o| o.longest > LIMIT);
    let longest = outcomes.iter().map(|(_, o)| o.longest).max().unwrap_or_default();
    println!(
        "{} queries: {unbound} do not bind; of {bound}, {} run, {refused} refuse ({as_service} with Microsoft's code), {panicked} panic, {differ} differ between \
         batch sizes or partitions, {late} take over {LIMIT:?} (longest {longest:?}); {} give rows",
        outcomes.len(),
        bound - refused - panicked,
        count(&|o| o.rows > 0)
    );
    let run = (bound - refused - panicked) as f64;
    assert!(panicked == 0 && differ == 0 && late == 0, "a query panics, differs or takes too long");
    assert!(run >= ENOUGH * (bound - as_service) as f64, "too few queries run");
}
