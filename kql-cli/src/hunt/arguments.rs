//! The arguments of `kql hunt`.

use crate::arguments::{Environment, jobs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// `kql hunt`
#[derive(Args)]
pub struct Hunt {
    /// Files of rules or queries, or folders whose .kql, .csl, .yaml, .json and .md files are run
    #[arg(required = true, value_name = "RULES")]
    pub rules: Vec<PathBuf>,
    /// Only rows from this time on
    #[arg(long, value_name = "DATETIME", value_parser = datetime)]
    pub from: Option<String>,
    /// Only rows before this time, which is also now() unless --now is given
    #[arg(long, value_name = "DATETIME", value_parser = datetime)]
    pub to: Option<String>,
    /// Write report.html, report.json and a file of rows for each rule that hit to a folder
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: HuntFormat,
    /// How long each rule can run, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Rows of each hit in reports; the files of --output have all
    #[arg(long, value_name = "N", default_value = "100")]
    pub rows: usize,
    /// How many rules run at once [default: the number of processors]
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = jobs())]
    pub jobs: Option<usize>,
    /// Exit with status 3 if a rule hits, or makes an alert
    #[arg(long)]
    pub fail_on_hit: bool,
    /// Run each rule that has a schedule as often as it says, between --from and --to or over the whole time of the data, and
    /// report its alerts, the rows that no run has seen, and the rows that several alerts have
    #[arg(long)]
    pub simulate: bool,
    /// For --simulate: how long after their time rows arrive that have no _TimeReceived, such as 5m
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "simulate")]
    pub delay: Option<Duration>,
    /// What rules can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// How the result is printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum HuntFormat {
    /// Readable text
    Table,
    /// One JSON object
    Json,
    /// One JSON object per rule and line
    Ndjson,
    /// A page without other files
    Html,
}

fn datetime(text: &str) -> Result<String, String> {
    match kql_parser::time::parse_datetime(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("a datetime such as 2026-03-10T12:00:00Z is expected".to_owned()),
    }
}

/// `30s`, `5m`, `1h`, as KQL writes them; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time such as 30s or 5m is expected".to_owned();
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => kql_parser::time::parse_timespan(text).ok_or_else(wrong)? as f64 / 1e7,
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(wrong()),
    }
}
