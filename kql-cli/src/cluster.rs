//! `kql cluster`, and queries that run on one.

use crate::arguments;
use crate::failure::Failure;
use crate::message::message;
use kql_cluster::{Cluster, ExecutorSettings, JobSummary, Scheduler, SchedulerSettings, ServeError, StageSummary};
use kql_engine::{CancellationToken, Engine, EngineBuilder, Settled};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// Runs a process of a cluster until it is told to stop.
pub fn serve(command: &arguments::Cluster) -> Result<(), Failure> {
    let (arguments::Cluster::Scheduler(arguments::Scheduler { log, .. })
    | arguments::Cluster::Executor(arguments::Executor { log, .. })) = command;
    write_log(&log.levels);
    let runtime = crate::serving::threads(16 << 20)?;
    let served = runtime.block_on(async {
        match command {
            arguments::Cluster::Scheduler(arguments) => scheduler(arguments).await,
            arguments::Cluster::Executor(arguments) => executor(arguments).await,
        }
    });
    runtime.shutdown_background();
    served.map_err(|error| match error {
        ServeError::Ended(_) => Failure::Query(error.to_string()),
        error => Failure::Usage(error.to_string()),
    })
}

/// Writes what the process logs to standard error: the time in UTC, the level, the part, and the message.
fn write_log(levels: &str) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(levels).format(|out, record| {
        let message = record.args().to_string();
        if kql_cluster::is_greeting(&message) {
            return Ok(());
        }
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        writeln!(out, "{now} {} {}: {message}", record.level(), record.target())
    });
    // a process has one log
    let _ = builder.try_init();
}

async fn scheduler(arguments: &arguments::Scheduler) -> Result<(), ServeError> {
    let settings = SchedulerSettings {
        silence: Duration::from_secs(arguments.silence as u64),
        ..SchedulerSettings::new(arguments.listen)
    };
    let scheduler = Scheduler::start(&settings).await?;
    warn_of_network(&scheduler.address);
    // programs read this line: the port can be a free one
    println!("listening on {}", scheduler.address);
    tokio::select! {
        ended = scheduler.ended() => ended,
        () = crate::serving::asked_to_end() => Ok(()),
    }
}

async fn executor(arguments: &arguments::Executor) -> Result<(), ServeError> {
    let usual = ExecutorSettings::new(&arguments.scheduler);
    let settings = ExecutorSettings {
        listen: arguments.listen,
        advertise: arguments.advertise.clone(),
        slots: arguments.slots.unwrap_or(usual.slots),
        memory: arguments.memory.or_else(crate::machine::memory),
        folder: arguments.folder.clone().unwrap_or(usual.folder.clone()),
        spill: arguments.spill.map(|bytes| bytes as u64),
        silence: Duration::from_secs(arguments.silence as u64),
        ..usual
    };
    warn_of_network(&arguments.listen);
    kql_cluster::run_executor(settings, |address| println!("listening on {address}")).await
}

fn warn_of_network(address: &std::net::SocketAddr) {
    if !address.ip().is_loopback() {
        message!(
            "notice: {address} is reachable from other hosts, without passwords and encryption; use it only in a private network"
        );
    }
}

/// The settings of an engine whose queries run on a cluster.
pub fn on(builder: EngineBuilder, address: &str) -> Result<(EngineBuilder, Cluster), Failure> {
    let cluster = Cluster::connect_blocking(address).map_err(|e| Failure::Usage(format!("--cluster: {e}")))?;
    Ok((builder.runner(Arc::new(cluster.clone())), cluster))
}

/// `kql explain --cluster`: the stages of the query, or what they did.
pub fn explain(
    engine: &Engine,
    cluster: &Cluster,
    text: &str,
    analyze: bool,
    failed: impl Fn(kql_engine::Error) -> Failure,
) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    if !analyze {
        // subqueries whose rows the plan depends on run here
        let prepared = engine.prepare(text).map_err(&failed)?;
        for stream in prepared.stream(&CancellationToken::new()).map_err(&failed)? {
            let Some(plan) = stream.plan() else { continue };
            writeln!(out, "{}:", stream.name)?;
            match cluster.stages(plan).map_err(|e| Failure::Query(e.to_string()))? {
                Some(stages) => write_stages(&mut out, &stages)?,
                None => writeln!(out, "  in this process: it reads no files")?,
            }
        }
        return Ok(());
    }
    let mut run = engine.start(text, &CancellationToken::new()).map_err(&failed)?;
    let prepared = loop {
        for stream in run.take_streams() {
            for batch in stream.batches() {
                batch.map_err(&failed)?;
            }
        }
        match run.settle().map_err(&failed)? {
            Settled::Stands(prepared) => break prepared,
            Settled::Again(again) => run = again,
        }
    };
    let jobs = cluster.take_jobs();
    if jobs.is_empty() {
        writeln!(out, "in this process: the query reads no files")?;
    }
    for (i, job) in jobs.iter().enumerate() {
        let JobSummary { stages, elapsed, attempts, .. } = job;
        let again = if *attempts > 1 { format!(", submitted {attempts} times") } else { String::new() };
        writeln!(out, "job {}: {:.1} ms{again}", i + 1, elapsed.as_secs_f64() * 1000.0)?;
        write_stages(&mut out, stages)?;
    }
    prepared.notices().iter().for_each(|notice| message!("notice: {notice}"));
    Ok(())
}

fn write_stages(out: &mut impl Write, stages: &[StageSummary]) -> std::io::Result<()> {
    for stage in stages {
        for line in stage.to_string().lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}
