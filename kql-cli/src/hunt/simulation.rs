//! `kql hunt --simulate`

use super::arguments::{Hunt, HuntFormat};
use super::folder::Folder;
use super::progress::Ended;
use super::{failure, held_memory, with_files};
use crate::failure::Failure;
use kql_detection::hunt::RuleSet;
use kql_detection::simulate::{self, SimulateOptions, Simulated, Simulation};
use std::io::{BufWriter, Write};

/// Runs rules on a timeline and prints their alerts.
pub fn simulate(arguments: &Hunt, set: RuleSet) -> Result<(), Failure> {
    if arguments.environment.now.is_some() {
        return Err(Failure::Usage(
            "--now and --simulate exclude each other: now() is the time of each run.".to_owned(),
        ));
    }
    if arguments.format == HuntFormat::Html {
        return Err(Failure::Usage("--simulate has no page; use --format table, json or ndjson.".to_owned()));
    }
    let ticks = |text: &Option<String>| text.as_deref().and_then(kql_parser::time::parse_datetime);
    let (from, to) = (ticks(&arguments.from), ticks(&arguments.to));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::Usage("--from must be before --to.".to_owned()));
    }
    let engine = crate::run::build(with_files(arguments.environment.engine()?, arguments))?;
    crate::interrupt::listen(engine.progress().clone());
    let folder = arguments.output.as_deref().map(Folder::create).transpose()?;
    let ended = Ended::of(set.rules.len(), engine.progress());
    let progress = |count| ended.show(count);
    let options = SimulateOptions {
        from,
        to,
        delay: arguments.delay.map_or(0, |delay| i64::try_from(delay.as_nanos() / 100).unwrap_or(i64::MAX / 4)),
        timeout: arguments.timeout,
        memory: held_memory(&engine),
        threads: arguments.jobs.unwrap_or_else(|| engine.limits().partitions).max(1),
        progress: Some(&progress),
    };
    let simulation = simulate::simulate(&engine, set, &options);
    ended.clear();
    let simulation = simulation.map_err(failure)?;
    if let Some(folder) = &folder {
        folder.write("simulation.json", &format!("{:#}\n", simulate::object(&simulation)))?;
    }
    print(arguments.format, &simulation)?;
    simulation.notices.iter().for_each(|notice| crate::message::message!("notice: {}", kql_detection::visible(notice)));
    let alerts = simulation.rules.iter().any(|rule| match &rule.outcome {
        Simulated::Ran(ran) => !ran.alerts.is_empty(),
        _ => false,
    });
    if !simulation.has_run() {
        return Err(Failure::Query("No rule could run.".to_owned()));
    }
    if arguments.fail_on_hit && alerts {
        return Err(Failure::Hit);
    }
    Ok(())
}

fn print(format: HuntFormat, simulation: &Simulation) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        HuntFormat::Ndjson => {
            for rule in &simulation.rules {
                writeln!(out, "{}", simulate::rule_object(rule))?;
            }
        }
        HuntFormat::Json => writeln!(out, "{:#}", simulate::object(simulation))?,
        HuntFormat::Table | HuntFormat::Html => write!(out, "{}", simulate::summary(simulation))?,
    }
    out.flush()?;
    Ok(())
}
