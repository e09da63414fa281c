//! The arguments of `kql lint`.

use crate::arguments::Environment;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `kql lint`
#[derive(Args)]
#[command(
    after_help = "Comments switch rules off: '// kql-lint: disable=NAME' for a line, '// kql-lint: disable-file=NAME' for \
    a file. Exit status: 0 nothing found at the failing level, 1 something found, 2 the command line or the configuration is \
    at fault. --list lists the rules, --explain prints the page of one."
)]
pub struct Lint {
    /// Files of queries or rules, or folders whose .kql, .csl, .yaml, .json and .md files are looked at; - for standard input
    #[arg(required_unless_present_any = ["explain", "list"], value_name = "PATH")]
    pub paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: LintFormatName,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Mend what can be mended without changing the result
    #[arg(long)]
    pub fix: bool,
    /// Report only what is not in this file
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings to the file of --baseline, and report nothing
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,
    /// Configuration file [default: .kql-lint.yaml in the folder of the file, or the nearest one above it]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set the level of a rule: off, note, warning or error; all for all rules
    #[arg(long = "rule", value_name = "NAME=LEVEL")]
    pub rules: Vec<String>,
    /// The least serious level that makes the exit status 1 [default: warning]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_level: Option<FailLevel>,
    /// Show the page of a rule
    #[arg(long, value_name = "NAME")]
    pub explain: Option<String>,
    /// List the rules
    #[arg(long)]
    pub list: bool,
    /// What the queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// How findings are printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum LintFormatName {
    /// Readable text with the source line
    Human,
    /// One JSON object per finding and line
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub, which mark lines of a pull request
    Github,
}

/// The least serious level that fails.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum FailLevel {
    /// All findings
    Note,
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
}
