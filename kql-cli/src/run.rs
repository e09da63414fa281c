//! `kql run`

use crate::arguments::{Environment, Run};
use crate::bar::Bar;
use crate::diagnostics;
use crate::failure::Failure;
use crate::interrupt;
use crate::partial::Partial;
use crate::provisional::Provisional;
use crate::screen;
use kql_engine::{CancellationToken, Defect, Engine, EngineBuilder, Error, Settled};
use kql_output::{Format, Options};
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::Path;

/// Runs a query and prints its result.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    let (text, shown) = query_text(arguments.query.as_deref(), arguments.file.as_deref())?;
    let format = format(arguments)?;
    check_parameters(&text, &arguments.environment.param)?;
    let mut builder = arguments.environment.engine()?.strict(arguments.strict);
    if let Some(folder) = folder_of(arguments.file.as_deref()) {
        builder = builder.allow_files(folder);
    }
    #[cfg(feature = "cluster")]
    let builder = match &arguments.cluster {
        Some(address) => crate::cluster::on(builder, address)?.0,
        None => builder,
    };
    let engine = build(builder)?;
    interrupt::listen(engine.progress().clone());
    let query = Query { engine: &engine, text: &text, shown: &shown };
    match &arguments.output {
        Some(path) => {
            let mut out = Partial::create(path)?;
            query.run(format, &mut out, &Options::default())?;
            if engine.progress().is_stopped() {
                return Err(Failure::Interrupted);
            }
            out.finish()?;
        }
        None => {
            let options = Options { screen: screen::of_output() };
            query.run(format, &mut BufWriter::new(std::io::stdout()), &options)?;
        }
    }
    if arguments.environment.memory.is_some()
        && let Some(bytes) = peak_memory()
    {
        crate::message::message!("notice: peak memory {} MB", bytes >> 20);
    }
    Ok(())
}

/// Checks that the query declares each parameter that the command line gives a value.
fn check_parameters(text: &str, given: &[String]) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    let declared = kql_parser::query_parameters(text);
    let names = given.iter().map(|text| text.split_once('=').map_or(text.as_str(), |(name, _)| name));
    match names.into_iter().find(|name| declared.iter().all(|declared| declared != name)) {
        Some(name) => Err(Failure::Usage(format!(
            "--param {name}: the query declares no parameter of this name; add declare query_parameters({name}: string)."
        ))),
        None => Ok(()),
    }
}

/// A query over an engine's tables.
pub struct Query<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The query.
    pub text: &'a str,
    /// The name of the query in messages: the name of its file.
    pub shown: &'a str,
}

impl Query<'_> {
    /// Runs the query, writes its results as they arrive, and prints its notices.
    pub fn run(&self, format: Format, out: &mut (impl Write + Send), options: &Options) -> Result<(), Failure> {
        let Query { engine, text, shown } = *self;
        let failed = |error| failure(error, text, shown);
        let bar = Bar::start(engine.progress());
        let mut run = engine.start(text, &CancellationToken::new()).map_err(failed)?;
        crate::message::print(&diagnostics::render(text, shown, run.prepared().diagnostics()));
        let out = AfterBar { out, bar: Some(bar) };
        let mut out = if run.is_provisional() { Provisional::restartable(out) } else { Provisional::certain(out) };
        let (prepared, notices) = loop {
            let written = match kql_output::write(run.take_streams(), format, &mut out, options) {
                Err(error) if error.is_closed() || matches!(error, kql_output::Error::Query(Error::Interrupted)) => {
                    return Err(unwritten(error, failed));
                }
                written => written,
            };
            match run.settle().map_err(failed)? {
                Settled::Stands(prepared) => match written {
                    Ok(notices) => break (prepared, notices),
                    Err(error) => return Err(unwritten(error, failed)),
                },
                Settled::Again(again) => {
                    out.start_again();
                    run = again;
                }
            }
        };
        out.finish()?;
        prepared.notices().iter().chain(&notices).for_each(|notice| crate::message::message!("notice: {notice}"));
        Ok(())
    }
}

/// Why the result cannot be written.
fn unwritten(error: kql_output::Error, failed: impl Fn(Error) -> Failure) -> Failure {
    match error {
        kql_output::Error::Query(error) => failed(error),
        error => error.into(),
    }
}

/// Output that ends the progress bar with its first bytes: both can be on one terminal.
struct AfterBar<W> {
    out: W,
    bar: Option<Bar>,
}

impl<W: Write> Write for AfterBar<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bar = None;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// The peak memory of the process in bytes; `None` if the system does not report it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// Builds the engine with these settings.
pub fn build(settings: EngineBuilder) -> Result<Engine, Failure> {
    settings.build().map_err(|e| match e {
        Error::Data(e) => Failure::Query(e.to_string()),
        e => Failure::Usage(e.to_string()),
    })
}

/// Why a query failed; errors in its text are printed with their position.
pub fn failure(error: Error, text: &str, shown: &str) -> Failure {
    match error {
        Error::Query(found) => {
            crate::message::print(&diagnostics::render(text, shown, &found));
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

/// Writes the details of a defect to a report file.
fn report(defect: &Defect) -> std::io::Result<std::path::PathBuf> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("kql-report-{}-{}.txt", std::process::id(), since.as_millis());
    let path = std::env::temp_dir().join(name);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    file.write_all(defect.report().as_bytes())?;
    Ok(path)
}

/// The text of a query and its name in messages.
fn query_text(query: Option<&str>, file: Option<&str>) -> Result<(String, String), Failure> {
    if let Some(text) = query {
        return Ok((text.to_owned(), "query".to_owned()));
    }
    let file = file.unwrap_or("-");
    Ok((read(file)?, if file == "-" { "standard input".to_owned() } else { file.to_owned() }))
}

/// The query of a file that may be a rule in YAML or JSON, and the line of the file, from 1, where it starts.
fn query_of_rule(file: &str, text: String) -> Result<(String, usize), Failure> {
    let is_rule = [".yaml", ".yml", ".json"].iter().any(|extension| file.ends_with(extension));
    if !is_rule {
        return Ok((text, 1));
    }
    let path = Path::new(file);
    let read = kql_detection::read(path, &text);
    if let Some(problem) = read.problems.first() {
        return Err(Failure::Query(problem.to_string()));
    }
    match read.rules.as_slice() {
        [rule] => Ok((rule.query.text.clone(), rule.query.first_line)),
        [] => Err(Failure::Query(kql_detection::RuleFile::nothing(path, &text).to_string())),
        _ => Err(Failure::Query(format!("{file} has several rules."))),
    }
}

/// A query that a command is about.
pub struct Subject {
    /// Its text.
    pub text: String,
    /// Its name in messages.
    pub shown: String,
    /// The line of its file, from 1, where it starts.
    pub first_line: usize,
    /// What it can name.
    pub engine: Engine,
}

/// The query of a text or of a file, which can be a rule, and its engine. Ctrl-C stops it.
pub fn subject(query: Option<&str>, file: Option<&str>, environment: &Environment) -> Result<Subject, Failure> {
    subject_on(query, file, environment.engine()?)
}

/// [`subject`] with the settings of its engine.
pub fn subject_on(query: Option<&str>, file: Option<&str>, mut builder: EngineBuilder) -> Result<Subject, Failure> {
    let (text, shown) = query_text(query, file)?;
    let (text, first_line) = query_of_rule(&shown, text)?;
    if let Some(folder) = folder_of(file) {
        builder = builder.allow_files(folder);
    }
    let engine = build(builder)?;
    interrupt::listen(engine.progress().clone());
    Ok(Subject { text, shown, first_line, engine })
}

/// The folder of a query's file; `None` if the query is not in a file.
fn folder_of(file: Option<&str>) -> Option<&Path> {
    let folder = Path::new(file.filter(|file| *file != "-")?).parent()?;
    Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
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
    Format::of_path(path).ok_or_else(|| {
        Failure::Usage(format!("The format of {} cannot be inferred from its extension; use --format.", path.display()))
    })
}
