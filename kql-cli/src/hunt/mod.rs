//! `kql hunt`

pub mod arguments;
mod folder;
mod progress;
mod simulation;

use crate::failure::Failure;
use arguments::{Hunt, HuntFormat};
use folder::Folder;
use kql_detection::hunt::{self, HuntError, HuntOptions, HuntOutcome, RowSink};
use kql_engine::{Engine, EngineBuilder, Error};
use progress::Ended;
use std::io::{BufWriter, Write};

/// The part of the memory limit that rows are held in.
const HELD: usize = 3;

/// Rows that are held in memory, if there is more of it.
const MOST_HELD: usize = 384 << 20;

/// Runs rules over data and prints what they find.
pub fn hunt(arguments: &Hunt) -> Result<(), Failure> {
    let set = hunt::read_rules(&arguments.rules, arguments.environment.profile.into())
        .map_err(|problem| Failure::Usage(problem.to_string()))?;
    if set.rules.is_empty() && set.problems.is_empty() {
        return Err(Failure::Usage("There is no .kql, .csl, .yaml, .json or .md file with a rule.".to_owned()));
    }
    if arguments.environment.data.is_empty() {
        return Err(Failure::Usage("Name the evidence with --data.".to_owned()));
    }
    if arguments.simulate {
        return simulation::simulate(arguments, set);
    }
    let engine = engine(arguments)?;
    crate::interrupt::listen(engine.progress().clone());
    let folder = arguments.output.as_deref().map(Folder::create).transpose()?;
    let open = folder
        .as_ref()
        .map(|folder| |at, rule: &_| folder.rows(at, rule).map(|rows| Box::new(rows) as Box<dyn RowSink>));
    let ended = Ended::of(set.rules.len(), engine.progress());
    let progress = |count| ended.show(count);
    let options = HuntOptions {
        timeout: arguments.timeout,
        memory: held_memory(&engine),
        threads: arguments.jobs.unwrap_or_else(|| engine.limits().partitions).max(1),
        sample: arguments.rows,
        sink: open.as_ref().map(|open| open as _),
        progress: Some(&progress),
    };
    let outcome = hunt::hunt(&engine, set, &options);
    ended.clear();
    let outcome = outcome.map_err(failure)?;
    if let Some(folder) = &folder {
        folder.reports(&outcome)?;
    }
    print(arguments.format, &outcome)?;
    outcome.notices.iter().for_each(|notice| crate::message::message!("notice: {}", kql_detection::visible(notice)));
    let hits = outcome.hits().count();
    let refused = outcome.rules.iter().filter(|rule| matches!(rule.status, hunt::Status::Refused(_))).count();
    if refused > 0 && refused == outcome.rules.len() {
        return Err(Failure::Query("No rule could run.".to_owned()));
    }
    if arguments.fail_on_hit && hits > 0 {
        return Err(Failure::Hit);
    }
    Ok(())
}

/// The bytes of rows that are held in memory.
fn held_memory(engine: &Engine) -> usize {
    (engine.limits().memory.unwrap_or(usize::MAX) / HELD).min(MOST_HELD)
}

fn engine(arguments: &Hunt) -> Result<Engine, Failure> {
    let mut builder: EngineBuilder = arguments.environment.engine()?;
    let (from, to) = (arguments.from.as_deref(), arguments.to.as_deref());
    if from.is_some() || to.is_some() {
        let from = from.unwrap_or("0001-01-01");
        let end = to.unwrap_or("9999-12-31T23:59:59.9999999Z");
        if kql_parser::time::parse_datetime(from) >= kql_parser::time::parse_datetime(end) {
            return Err(Failure::Usage("--from must be before --to.".to_owned()));
        }
        builder = builder.times(from, end).map_err(|e| Failure::Usage(e.to_string()))?;
    }
    if let (Some(to), None) = (to, &arguments.environment.now) {
        builder = builder.now(to).map_err(|e| Failure::Usage(format!("--to: {e}")))?;
    }
    crate::run::build(with_files(builder, arguments))
}

/// Rules can read files beside them.
fn with_files(mut builder: EngineBuilder, arguments: &Hunt) -> EngineBuilder {
    for path in &arguments.rules {
        // as for the folder of the query file of `kql run`
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { ".".as_ref() } else { folder });
        builder = folder.into_iter().fold(builder, EngineBuilder::allow_files);
    }
    builder
}

fn failure(error: HuntError) -> Failure {
    match error {
        HuntError::Engine(Error::Interrupted) => Failure::Interrupted,
        error => Failure::Query(error.to_string()),
    }
}

fn print(format: HuntFormat, outcome: &HuntOutcome) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        HuntFormat::Table => write!(out, "{}", hunt::summary(outcome))?,
        HuntFormat::Json => writeln!(out, "{:#}", hunt::object(outcome))?,
        HuntFormat::Ndjson => {
            for rule in &outcome.rules {
                writeln!(out, "{}", hunt::rule_object(rule))?;
            }
        }
        HuntFormat::Html => write!(out, "{}", hunt::page(outcome))?,
    }
    out.flush()?;
    Ok(())
}
