//! `kql test`

use crate::arguments::{CoverageName, Test, TestFormat};
use crate::failure::Failure;
use crate::parallel::in_parallel;
use crate::watch::Inputs;
use kql_detection::{
    Coverage, CoverageFormat, FileReport, Look, MutationReport, ReportFormat, Session, SessionOptions, TestPath,
    coverage_report, mutation_report, report, test_files,
};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Runs tests and prints the verdicts.
pub fn test(arguments: &Test) -> Result<(), Failure> {
    if arguments.schema {
        let mut out = std::io::stdout();
        writeln!(out, "{:#}", kql_detection::json_schema())?;
        return Ok(());
    }
    if arguments.watch {
        return watch(arguments);
    }
    let (session, files) = found(arguments)?;
    run(arguments, &session, files)
}

/// The test files, and what runs them.
fn found(arguments: &Test) -> Result<(Session, Vec<TestPath>), Failure> {
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
    Ok((Session::new(engine, options), files))
}

fn run(arguments: &Test, session: &Session, files: Vec<TestPath>) -> Result<(), Failure> {
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let jobs = jobs.clamp(1, 64);
    let reports = in_parallel(&files, jobs, |file| session.run(file));
    let wanted = |(_, report): &(TestPath, FileReport)| {
        arguments.filter.is_none() || !report.verdicts.is_empty() || !report.problems.is_empty()
    };
    let (files, reports): (Vec<TestPath>, Vec<FileReport>) = files.into_iter().zip(reports).filter(wanted).unzip();
    if reports.is_empty() {
        return Err(Failure::Usage("No test has this text in its name, its rule or its file.".to_owned()));
    }
    let verdicts = report(&reports, format(arguments.format), look(arguments));
    let all_pass = reports.iter().all(|report| report.failed() == 0 && !report.at_fault());
    match arguments.coverage {
        Some(name) => {
            // a report for a program is alone on standard output
            if name == CoverageName::Human || !all_pass {
                crate::message::print(&report(&reports, ReportFormat::Human, look(arguments)));
            }
            let ran: Vec<(&TestPath, &FileReport)> = files.iter().zip(&reports).collect();
            let all = in_parallel(&ran, jobs, |(file, report)| session.coverage(file, report));
            let all: Vec<Coverage> = all.into_iter().flatten().collect();
            let all = Coverage::merged(all);
            write(arguments, &coverage_report(&all, coverage_format(name), look(arguments).colours))?;
        }
        // tests that fail kill every mutant
        None if arguments.mutate && all_pass => {
            let mutated = files.iter().filter_map(|file| session.mutate(file, jobs)).collect();
            let mutated = MutationReport::merged(mutated);
            write(arguments, &mutation_report(&mutated, format(arguments.format), look(arguments)))?;
        }
        None => {
            write(arguments, &verdicts)?;
            if arguments.mutate {
                crate::message::message!("notice: no fault was tried: a test that fails would notice each of them.");
            }
        }
    }
    if reports.iter().any(FileReport::at_fault) {
        return Err(Failure::Files);
    }
    if all_pass { Ok(()) } else { Err(Failure::Reported) }
}

/// Writes a report to the file that was named, or to standard output.
fn write(arguments: &Test, text: &str) -> Result<(), Failure> {
    match &arguments.output {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display()))),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}

fn coverage_format(name: CoverageName) -> CoverageFormat {
    match name {
        CoverageName::Human => CoverageFormat::Human,
        CoverageName::Json => CoverageFormat::Json,
        CoverageName::Html => CoverageFormat::Html,
        CoverageName::Lcov => CoverageFormat::Lcov,
        CoverageName::Navigator => CoverageFormat::Navigator,
    }
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
    let colours =
        arguments.output.is_none() && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
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
        if let Ok(event) = event
            && (event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove())
        {
            let _ = sender.send(event.paths);
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
        let mut inputs = Inputs::default();
        let ran = found(arguments).and_then(|(session, files)| {
            inputs = Inputs::of(arguments, &session, &files);
            run(arguments, &session, files)
        });
        match ran {
            Ok(()) | Err(Failure::Reported | Failure::Files) => {}
            Err(failure @ (Failure::Usage(_) | Failure::Query(_))) => crate::message::message!("error: {failure}"),
            Err(failure) => return Err(failure),
        }
        // snapshots that this run wrote are no change
        while changes.recv_timeout(QUIET).is_ok() {}
        crate::message::message!("Waiting for changes; Ctrl-C ends.");
        loop {
            let Ok(mut changed) = changes.recv() else { return Ok(()) };
            while let Ok(more) = changes.recv_timeout(QUIET) {
                changed.extend(more);
            }
            if inputs.concern(arguments, &changed) {
                break;
            }
        }
    }
}
