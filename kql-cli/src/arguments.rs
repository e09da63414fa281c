//! The command line.

use crate::failure::Failure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use kql_engine::Limits;
use kql_engine::{DataPath, DateOrder, FolderDates, Profile};
use kql_engine::{Engine, EngineBuilder, ExternalMissing};
use std::path::{Path, PathBuf};

/// Run Kusto queries (KQL) of Microsoft Sentinel and Defender on local files.
#[derive(Parser)]
#[command(name = "kql", version, about, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Run a query and print its result
    Run(Run),
    /// Answer queries one after the other, with completion and history
    Repl(Repl),
    /// Parse and bind queries without running them; print what is wrong and the result columns
    Check(Check),
    /// Tell what data files are recognised as, their tables, rows, times and columns
    Data(Data),
    /// Write the tables of data files as Parquet, which queries read many times faster
    Convert(Convert),
    /// Lay queries out in the one canonical way; comments stay
    Fmt(Fmt),
    /// Print what completes this command in a shell
    #[command(hide = true)]
    Completions(Completions),
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// `kql completions`
#[derive(Args)]
pub struct Completions {
    /// The shell that reads them
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `kql run`
#[derive(Args)]
pub struct Run {
    /// The file of the query, or - for standard input
    #[arg(required_unless_present = "query", conflicts_with = "query")]
    pub file: Option<String>,
    /// The text of the query
    #[arg(short, long, value_name = "TEXT")]
    pub query: Option<String>,
    /// How the result is printed [default: table on a terminal, csv into a pipe]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the result to a file; its extension says the format where --format does not
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Refuse data with a damaged row instead of leaving the row out
    #[arg(long)]
    pub strict: bool,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql repl`
#[derive(Args)]
pub struct Repl {
    /// How results are printed: table, json, ndjson, csv or markdown [default: table on a terminal, csv into a pipe]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Neither read nor write the history of what was entered
    #[arg(long)]
    pub no_history: bool,
    /// Refuse data with a damaged row instead of leaving the row out
    #[arg(long)]
    pub strict: bool,
    /// What queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql check`
#[derive(Args)]
pub struct Check {
    /// Files of queries, or folders in which every .kql, .csl and .yaml is one; - is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// How the findings are printed
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql data`
#[derive(Args)]
pub struct Data {
    /// Files or folders of data, as for --data
    #[arg(required_unless_present = "data", value_name = "[NAME=]PATH")]
    pub paths: Vec<String>,
    /// How it is told
    #[arg(long, value_enum, default_value = "human")]
    pub format: DataFormat,
    /// What is known of tables.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql convert`
#[derive(Args)]
pub struct Convert {
    /// Files or folders of data, as for --data
    #[arg(required_unless_present = "data", value_name = "[NAME=]PATH")]
    pub paths: Vec<String>,
    /// The folder that gets a file TABLE.parquet for each table, and can then be given as --data
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
    /// Refuse data with a damaged row instead of leaving the row out
    #[arg(long)]
    pub strict: bool,
    /// What is known of tables.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql fmt`
#[derive(Args)]
pub struct Fmt {
    /// Files of queries, which are rewritten, or folders in which every .kql and .csl is one; standard input goes to
    /// standard output where there is none
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Write nothing: name the files that are not formatted, and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

/// What a query can name.
#[derive(Args, Clone)]
pub struct Environment {
    /// A file or folder of NDJSON, JSON, CSV, Parquet, Arrow or Windows event logs, also .gz and .zst, or a .kql file of a
    /// datatable; the table is named by the file, or outright
    #[arg(long, value_name = "[NAME=]PATH")]
    pub data: Vec<String>,
    /// Whether dates such as 3/4/2021 have the day or the month first [default: what other dates of the file show]
    #[arg(long, value_enum)]
    pub date_order: Option<DateOrderName>,
    /// The zone of columns whose header says [Local Time], such as Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Which times the dates in folder names are (y=2026/m=03, date=2026-03-10)
    #[arg(long, value_enum, default_value = "arrival")]
    pub folder_dates: FolderDatesName,
    /// Which built-in table schemas hold
    #[arg(long, value_enum, default_value = "unified")]
    pub profile: ProfileName,
    /// More table schemas: JSON {"Table": [["column", "type"], ...]}
    #[arg(long, value_name = "FILE")]
    pub schemas: Vec<PathBuf>,
    /// Saved functions: JSON {"Name": {"parameters": "(a:long)", "body": "..."}}, a Sentinel parser's YAML, or a .kql
    /// file of let functions
    #[arg(long, value_name = "FILE")]
    pub functions: Vec<PathBuf>,
    /// The local copy of external data that a query names by its address, or a folder of copies under the last parts of
    /// their addresses; the network is never opened
    #[arg(long, value_name = "URL=PATH|FOLDER")]
    pub external: Vec<String>,
    /// What external data without a local copy are: refused, or empty with a notice
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT")]
    pub external_missing: ExternalMissingName,
    /// The database in MaxMind's format, such as GeoLite2-City.mmdb, that geo_info_from_ip_address() looks addresses up in
    #[arg(long, value_name = "FILE")]
    pub geo_ip: Option<PathBuf>,
    /// What now() is, so that ago(24h) is repeatable [default: the clock]
    #[arg(long, value_name = "DATETIME")]
    pub now: Option<String>,
    /// A value for declare query_parameters
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// How much memory sorting, grouping and joining may take before they go on in temporary files, such as 500MB or 4GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
}

/// `500MB`, `4GB`: a number of bytes, kilobytes, megabytes or gigabytes, of 1,024 each.
fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("'{text}' is no size such as 500MB or 4GB");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let shift = match unit.trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(wrong()),
    };
    let bytes = (number * f64::from(shift).exp2()) as usize;
    if bytes == 0 { Err(wrong()) } else { Ok(bytes) }
}

/// How a result is printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum Format {
    /// An aligned table
    Table,
    /// One object in the encodings of Kusto's REST API
    Json,
    /// One object a row
    Ndjson,
    /// Comma-separated values with a header
    Csv,
    /// A Markdown table
    Markdown,
    /// An Apache Parquet file
    Parquet,
    /// An Apache Arrow IPC file
    Arrow,
    /// A page that works offline: the drawing that render asks for, and the rows
    Html,
    /// The drawing that render asks for
    Svg,
}

/// How findings are printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum CheckFormat {
    /// With the source line
    Human,
    /// One object a line
    Json,
}

/// How data is told of.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum DataFormat {
    /// Some lines a table
    Human,
    /// One object a table and line
    Json,
}

/// Which comes first in 3/4/2021.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum DateOrderName {
    /// The day: 3 April
    Dmy,
    /// The month: March 4th
    Mdy,
}

/// Which times the dates of folders are.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum FolderDatesName {
    /// Those of arrival: rows may have others, so that all files are read
    Arrival,
    /// Those of the rows: files outside a query's times are not read
    Event,
}

/// What external data without a local copy are.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum ExternalMissingName {
    /// The query is refused
    Refuse,
    /// A table without rows, and a notice
    Empty,
}

/// A profile's name.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum ProfileName {
    /// What the unified portal offers
    Unified,
    /// Microsoft Sentinel's tables
    Sentinel,
    /// Microsoft Defender's tables
    Defender,
}

impl Environment {
    /// An engine with all of this.
    pub fn engine(&self) -> Result<EngineBuilder, Failure> {
        self.engine_with(&[])
    }

    /// An engine with all of this and more data.
    pub fn engine_with(&self, data: &[String]) -> Result<EngineBuilder, Failure> {
        let mut builder = Engine::builder().profile(match self.profile {
            ProfileName::Unified => Profile::Unified,
            ProfileName::Sentinel => Profile::Sentinel,
            ProfileName::Defender => Profile::Defender,
        });
        for text in self.data.iter().chain(data) {
            builder = builder.data(DataPath::parse(text));
        }
        for path in &self.schemas {
            for (name, schema) in crate::schemas_file::load(path)? {
                builder = builder.schema(&name, schema);
            }
        }
        for path in &self.functions {
            for (name, function) in crate::functions_file::load(path)? {
                builder = builder.function(&name, &function.parameters, &function.body);
            }
        }
        for text in &self.external {
            if Path::new(text).is_dir() {
                builder = builder.external_folder(text);
                continue;
            }
            // an address may have = in it, and a path seldom does
            let Some((address, path)) = text.rsplit_once('=') else {
                let message = format!("--external takes URL=PATH or a folder, and '{text}' is neither.");
                return Err(Failure::Usage(message));
            };
            builder = builder.external(address, path);
        }
        builder = builder.external_missing(match self.external_missing {
            ExternalMissingName::Refuse => ExternalMissing::Refuse,
            ExternalMissingName::Empty => ExternalMissing::Empty,
        });
        if let Some(path) = &self.geo_ip {
            builder = builder.geo_ip(path);
        }
        if let Some(order) = self.date_order {
            builder = builder.date_order(match order {
                DateOrderName::Dmy => DateOrder::DayFirst,
                DateOrderName::Mdy => DateOrder::MonthFirst,
            });
        }
        builder = builder.folder_dates(match self.folder_dates {
            FolderDatesName::Arrival => FolderDates::Arrival,
            FolderDatesName::Event => FolderDates::Event,
        });
        if let Some(zone) = &self.tz {
            builder = builder.time_zone(zone).map_err(|e| Failure::Usage(format!("--tz: {e}")))?;
        }
        if let Some(now) = &self.now {
            builder = builder.now(now).map_err(|e| Failure::Usage(format!("--now: {e}")))?;
        }
        for text in &self.param {
            let Some((name, value)) = text.split_once('=') else {
                return Err(Failure::Usage(format!("--param wants NAME=VALUE, and '{text}' has no =")));
            };
            builder = builder.parameter(name, value);
        }
        if let Some(bytes) = self.memory {
            builder = builder.limits(Limits { memory: Some(bytes), ..Limits::default() });
        }
        Ok(builder)
    }
}
