//! `kql sample`: a test file to start from.

use crate::arguments::{CheckFormat, Environment};
use crate::failure::Failure;
use crate::words::plural;
use clap::Args;
use kql_detection::{Rule, RuleFile, SampleError};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What now() is in the tests, if the command line does not say.
const NOW: &str = "2026-01-15T12:00:00Z";

/// `kql sample`
#[derive(Args)]
pub struct Sample {
    /// The file of the rule or the query
    pub rule: String,
    /// The test file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    pub force: bool,
    /// What is printed: the test file, or an object with its text and the numbers of rows and near misses
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the query can name; its data is not used.
    #[command(flatten)]
    pub environment: Environment,
}

/// Makes tests for a rule and writes them.
pub fn sample(arguments: &Sample) -> Result<(), Failure> {
    let path = Path::new(&arguments.rule);
    let text = crate::run::read(&arguments.rule)?;
    let rule = the_rule(path, &text)?;
    if let Some(output) = arguments.output.as_deref().filter(|output| !arguments.force && output.exists()) {
        return Err(Failure::Usage(format!("{} is there already; --force writes over it.", output.display())));
    }
    let now = arguments.environment.now.clone().unwrap_or_else(|| NOW.to_owned());
    let builder = arguments.environment.engine()?.now(&now).map_err(|error| Failure::Usage(error.to_string()))?;
    let engine = crate::run::build(builder)?;
    crate::interrupt::listen(engine.progress().clone());
    let shown = from_folder(path, arguments.output.as_deref());
    let made = kql_detection::sample(&engine, &rule, &shown, &now).map_err(|error| match error {
        SampleError::Query(error) => crate::run::failure(error, &rule.query.text, &arguments.rule),
        other => Failure::Query(format!("{}: {other}.", arguments.rule)),
    })?;
    let misses = if made.misses == 1 { "1 near miss".to_owned() } else { format!("{} near misses", made.misses) };
    let summary = format!("{} that the query finds, {misses}", plural(made.rows as u64, "row"));
    let text = match arguments.format {
        CheckFormat::Human => made.text,
        CheckFormat::Json => format!("{}\n", json!({"rows": made.rows, "misses": made.misses, "text": made.text})),
    };
    match &arguments.output {
        Some(output) => {
            std::fs::write(output, text)
                .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", output.display())))?;
            crate::message::message!("notice: {}: {summary}.", output.display());
        }
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    Ok(())
}

/// The one rule of a file.
pub fn the_rule(path: &Path, text: &str) -> Result<Rule, Failure> {
    let read = kql_detection::read(path, text);
    if let Some(problem) = read.problems.first() {
        return Err(Failure::Query(problem.to_string()));
    }
    let mut rules = read.rules.into_iter();
    match (rules.next(), rules.next()) {
        (Some(rule), None) => Ok(rule),
        (None, _) => Err(Failure::Query(RuleFile::nothing(path, text).to_string())),
        (Some(_), Some(_)) => Err(Failure::Query(format!(
            "{} has several rules; move the one that is meant to a file of its own.",
            path.display()
        ))),
    }
}

/// How a file beside the output names the rule: by its name if both are in one folder, else by its whole path.
fn from_folder(rule: &Path, output: Option<&Path>) -> PathBuf {
    let folder = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
    match output {
        Some(output) if folder(output) != folder(rule) => std::path::absolute(rule).unwrap_or_else(|_| rule.to_owned()),
        _ => rule.file_name().map_or_else(|| rule.to_owned(), PathBuf::from),
    }
}
