//! `kql test`

use crate::arguments::{Test, TestFormat};
use crate::failure::Failure;
use kql_detection::{FileReport, Look, ReportFormat, Session, SessionOptions, TestPath, report, test_files};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Runs tests and prints the verdicts.
pub fn test(arguments: &Test) -> Result<(), Failure> {
    if arguments.schema {
        let mut out = std::io::stdout();
        writeln!(out, "{:#}", kql_detection::json_schema())?;
        return Ok(());
    }
    if arguments.watch { watch(arguments) } else { run(arguments) }
}

fn run(arguments: &Test) -> Result<(), Failure> {
    let mut files: Vec<TestPath> = Vec::new();
    for path in &arguments.paths {
        for found in test_files(path).map_err(|problem| Failure::Usage(problem.to_string()))? {
            if !files.contains(&found) {
                files.push(found);
            }
        }
    }
    let engine = crate::run::build(arguments.environment.engine()?)?;
    crate::interrupt::listen(engine.progress().clone());
    let options = SessionOptions { filter: arguments.filter.clone(), update: arguments.update };
    let session = Session::new(engine, options);
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut reports = in_parallel(&session, &files, jobs.clamp(1, 64));
    if arguments.filter.is_some() {
        reports.retain(|report| !report.verdicts.is_empty() || !report.problems.is_empty());
        if reports.is_empty() {
            return Err(Failure::Usage("No test has this text in its name, its rule or its file.".to_owned()));
        }
    }
    let text = report(&reports, format(arguments.format), look(arguments));
    match &arguments.output {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::Query(format!("{} cannot be written: {error}", path.display())))?,
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    if reports.iter().any(FileReport::at_fault) {
        return Err(Failure::Files);
    }
    if reports.iter().any(|report| report.failed() > 0) { Err(Failure::Reported) } else { Ok(()) }
}

/// Runs several files at once; the reports are in the order of the files.
fn in_parallel(session: &Session, files: &[TestPath], jobs: usize) -> Vec<FileReport> {
    let next = AtomicUsize::new(0);
    let reports: Vec<Mutex<Option<FileReport>>> = files.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(files.len()) {
            scope.spawn(|| {
                while let Some((file, slot)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    files.get(i).zip(reports.get(i))
                } {
                    let done = session.run(file);
                    *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(done);
                }
            });
        }
    });
    reports
        .into_iter()
        .filter_map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
        .collect()
}

fn format(format: TestFormat) -> ReportFormat {
    match format {
        TestFormat::Human => ReportFormat::Human,
        TestFormat::Json => ReportFormat::Json,
        TestFormat::Junit => ReportFormat::Junit,
        TestFormat::Tap => ReportFormat::Tap,
        TestFormat::Github => ReportFormat::Github,
    }
}

fn look(arguments: &Test) -> Look {
    let colours = arguments.output.is_none() && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    Look { colours, verbose: arguments.verbose }
}

/// How long files must be quiet before the tests run again: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// Runs the tests now and after every change of a file beside them, until Ctrl-C.
fn watch(arguments: &Test) -> Result<(), Failure> {
    use notify::{RecursiveMode, Watcher};
    let (sender, changes) = std::sync::mpsc::channel();
    let unwatchable = |error: notify::Error| Failure::Usage(format!("The files cannot be watched: {error}."));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // reading a file is an event, too
        if event.is_ok_and(|event| event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove()) {
            let _ = sender.send(());
        }
    })
    .map_err(unwatchable)?;
    for path in &arguments.paths {
        let folder = match path.parent() {
            _ if path.is_dir() => path.as_path(),
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => std::path::Path::new("."),
        };
        watcher.watch(folder, RecursiveMode::Recursive).map_err(unwatchable)?;
    }
    loop {
        match run(arguments) {
            Ok(()) | Err(Failure::Reported | Failure::Files) => {}
            Err(failure @ (Failure::Usage(_) | Failure::Query(_))) => crate::message::message!("error: {failure}"),
            Err(failure) => return Err(failure),
        }
        // snapshots that this run wrote are no change
        while changes.recv_timeout(QUIET).is_ok() {}
        crate::message::message!("Waiting for changes; Ctrl-C ends.");
        if changes.recv().is_err() {
            return Ok(());
        }
        while changes.recv_timeout(QUIET).is_ok() {}
    }
}
