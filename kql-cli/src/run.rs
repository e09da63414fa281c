//! `kql run`

use crate::arguments::{Format, Run};
use crate::bar::Bar;
use crate::chart::terminal::Screen;
use crate::diagnostics;
use crate::failure::Failure;
use crate::interrupt;
use crate::output;
use crate::partial::Partial;
use kql_engine::{Defect, Engine, EngineBuilder, Error};
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::Path;

/// Runs a query and prints its result.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    let (text, shown) = text(arguments)?;
    let format = format(arguments)?;
    let engine = build(arguments.environment.engine()?.strict(arguments.strict))?;
    interrupt::listen(engine.progress().clone());
    let bar = Bar::start(engine.progress());
    let answer = engine.query(&text);
    drop(bar);
    let answer = answer.map_err(|error| failure(error, &text, &shown))?;
    eprint!("{}", diagnostics::render(&text, &shown, &answer.diagnostics));
    for notice in &answer.notices {
        eprintln!("notice: {notice}");
    }
    let mut notices = Vec::new();
    match &arguments.output {
        Some(path) => {
            let mut out = Partial::create(path)?;
            output::write(format, &answer.tables, &mut out, None, &mut notices)?;
            if engine.progress().is_stopped() {
                return Err(Failure::Interrupted);
            }
            out.finish()?;
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout());
            output::write(format, &answer.tables, &mut out, Screen::of_output(), &mut notices)?;
            out.flush()?;
        }
    }
    notices.iter().for_each(|notice| eprintln!("notice: {notice}"));
    if arguments.environment.memory.is_some()
        && let Some(bytes) = peak_memory()
    {
        eprintln!("notice: peak memory {} MB", bytes >> 20);
    }
    Ok(())
}

/// The most memory that the process had at once, in bytes; none where the system does not tell it so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// The engine of these settings.
pub fn build(settings: EngineBuilder) -> Result<Engine, Failure> {
    settings.build().map_err(|e| match e {
        Error::Data(e) => Failure::Query(e.to_string()),
        e => Failure::Usage(e.to_string()),
    })
}

/// Why a query has no answer; what is wrong with its text is printed with the place.
pub fn failure(error: Error, text: &str, shown: &str) -> Failure {
    match error {
        Error::Query(found) => {
            eprint!("{}", diagnostics::render(text, shown, &found));
            Failure::Reported
        }
        Error::Interrupted => Failure::Interrupted,
        Error::Internal(defect) => Failure::Query(match report(&defect) {
            Ok(path) => format!(
                "{defect}\nThe query, its plan and the error were written to {}; please attach that file to a \
                 bug report.",
                path.display()
            ),
            Err(_) => defect.to_string(),
        }),
        error => Failure::Query(error.to_string()),
    }
}

/// Writes what a report of a defect needs into a file of its own.
fn report(defect: &Defect) -> std::io::Result<std::path::PathBuf> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("kql-report-{}-{}.txt", std::process::id(), since.as_millis());
    let path = std::env::temp_dir().join(name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    file.write_all(defect.report().as_bytes())?;
    Ok(path)
}

/// The query, and what its text is called.
fn text(arguments: &Run) -> Result<(String, String), Failure> {
    if let Some(text) = &arguments.query {
        return Ok((text.clone(), "query".to_owned()));
    }
    let file = arguments.file.as_deref().unwrap_or("-");
    Ok((read(file)?, if file == "-" { "standard input".to_owned() } else { file.to_owned() }))
}

/// The text of a file, or of standard input for `-`.
pub fn read(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::Usage(format!("Standard input cannot be read: {e}")))?;
    } else {
        bytes = std::fs::read(file).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Failure::Usage(format!("The file {file} does not exist.")),
            _ => Failure::Usage(format!("{file} cannot be read: {e}")),
        })?;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(good).filter(|b| **b == b'\n').count() + 1;
            Err(Failure::Query(format!("{file} is not valid UTF-8 at line {line}.")))
        }
    }
}

fn format(arguments: &Run) -> Result<Format, Failure> {
    if let Some(format) = arguments.format {
        return Ok(format);
    }
    let Some(path) = &arguments.output else {
        return Ok(if std::io::stdout().is_terminal() { Format::Table } else { Format::Csv });
    };
    by_extension(path).ok_or_else(|| {
        Failure::Usage(format!("The format of {} cannot be inferred from its extension; use --format.", path.display()))
    })
}

fn by_extension(path: &Path) -> Option<Format> {
    Some(match path.extension()?.to_str()?.to_lowercase().as_str() {
        "json" => Format::Json,
        "ndjson" | "jsonl" => Format::Ndjson,
        "csv" => Format::Csv,
        "md" | "markdown" => Format::Markdown,
        "parquet" => Format::Parquet,
        "arrow" | "ipc" => Format::Arrow,
        "html" | "htm" => Format::Html,
        "svg" => Format::Svg,
        "txt" => Format::Table,
        _ => return None,
    })
}
