//! The command line.

use crate::failure::Failure;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use kql_engine::Limits;
use kql_engine::{DataPath, DateOrder, FolderDates, Profile};
use kql_engine::{Engine, EngineBuilder, ExternalMissing};
use kql_output::Format;
use std::path::{Path, PathBuf};

/// Run Kusto queries (KQL) of Microsoft Sentinel and Defender on files, local or in object stores.
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
    /// Run queries interactively, with completion and history
    Repl(Repl),
    /// Check queries without running them; print errors, warnings and result columns
    Check(Check),
    /// Find what is probably wrong, or costs too much, in queries and rules
    Lint(crate::lint::Lint),
    /// Run the tests of detections
    Test(Test),
    /// Show the steps of a query, with the rows of each
    Explain(Explain),
    /// Show how far rows of a table get in a query, and what keeps them out
    Why(Why),
    /// Make a test file to start from: rows that a rule finds, and near misses
    Sample(crate::sample::Sample),
    /// Show which rows a new version of a rule finds more or fewer
    Diff(crate::diff::Diff),
    /// Keep the fewest rows of a log with which a rule has the same verdict and reaches the same parts of its query
    Minimise(crate::minimise::Minimise),
    /// Run many rules over evidence in one go, and report what they find
    Hunt(crate::hunt::arguments::Hunt),
    /// Show what data files are recognised as: tables, row counts, time range, columns
    Data(Data),
    /// List tables, or the columns of one
    Schema(Schema),
    /// List functions, or describe one
    Functions(Functions),
    /// Convert data files to Parquet, which queries read many times faster
    Convert(Convert),
    /// Format queries; comments are kept
    Fmt(Fmt),
    /// Serve data to the clients of Azure Data Explorer, Log Analytics and Defender, and as a web page
    Serve(Serve),
    /// Check, run and test queries for an assistant, over the Model Context Protocol on standard input and output
    Mcp(Mcp),
    /// Start the processes of a cluster, which runs queries of other hosts
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Cluster(Cluster),
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
    /// Output format [default: table on a terminal, otherwise csv]
    #[arg(long, value_parser = format_values(), ignore_case = true)]
    pub format: Option<Format>,
    /// Write the result to a file; without --format, its extension determines the format
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail on a damaged row instead of skipping it
    #[arg(long)]
    pub strict: bool,
    /// Run the query on the executors of this scheduler, which must see the same files; see 'kql cluster'
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "HOST:PORT")]
    pub cluster: Option<String>,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql repl`
#[derive(Args)]
pub struct Repl {
    /// Output format: table, json, ndjson, csv or markdown [default: table on a terminal, otherwise csv]
    #[arg(long, value_parser = format_values(), ignore_case = true)]
    pub format: Option<Format>,
    /// Do not read or save the input history
    #[arg(long)]
    pub no_history: bool,
    /// Fail on a damaged row instead of skipping it
    #[arg(long)]
    pub strict: bool,
    /// What queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql check`
#[derive(Args)]
pub struct Check {
    /// Files of queries or rules, or folders whose .kql, .csl, .yaml, .json and .md files are checked; - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql test`
#[derive(Args)]
pub struct Test {
    /// Test files (RULE.test.yaml), rules, or folders of both
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name, rule or file has this text
    #[arg(short = 'k', long = "filter", value_name = "TEXT")]
    pub filter: Option<String>,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    /// Write snapshots instead of comparing with them
    #[arg(long)]
    pub update: bool,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: TestFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// List the tests that passed, too
    #[arg(short, long)]
    pub verbose: bool,
    /// Show what the tests reach: human, json, html, lcov, or navigator (a layer for the ATT&CK Navigator)
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "human")]
    pub coverage: Option<CoverageName>,
    /// Change the rules a little, one fault at a time, and show the faults that no test notices
    #[arg(long, conflicts_with_all = ["coverage", "update", "watch"])]
    pub mutate: bool,
    /// How many test files run at once [default: the number of processors]
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = jobs())]
    pub jobs: Option<usize>,
    /// Print the JSON Schema of test files, for editors
    #[arg(long)]
    pub schema: bool,
    /// What queries can name besides the tables of the tests.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql explain`
#[derive(Args)]
pub struct Explain {
    /// The file of the query, or - for standard input
    #[arg(required_unless_present = "query", conflicts_with = "query")]
    pub file: Option<String>,
    /// The text of the query
    #[arg(short, long, value_name = "TEXT")]
    pub query: Option<String>,
    /// Run the query, and show the rows, the time and the size of each step
    #[arg(long)]
    pub analyze: bool,
    /// Show the stages in which the executors of this scheduler run the query
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "format")]
    pub cluster: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql why`
#[derive(Args)]
pub struct Why {
    /// The file of the query or the rule, or - for standard input
    #[arg(required_unless_present = "query", conflicts_with = "query")]
    pub file: Option<String>,
    /// The text of the query
    #[arg(short, long, value_name = "TEXT")]
    pub query: Option<String>,
    /// A condition in KQL that selects rows, such as 'DeviceName == "x"'
    #[arg(long, value_name = "CONDITION")]
    pub row: String,
    /// The table of the rows [default: the one table of the query with data that has the columns]
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// How many rows are followed
    #[arg(long, value_name = "N", default_value = "10", value_parser = at_least_one)]
    pub limit: usize,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the query can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql data`
#[derive(Args)]
pub struct Data {
    /// Files, folders or URLs of data, as for --data
    #[arg(required_unless_present = "data", value_name = "[NAME=]PATH|URL")]
    pub paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: DataFormat,
    /// What is known of tables.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql schema`
#[derive(Args)]
pub struct Schema {
    /// A table with data or with a known schema
    pub table: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: LookupFormat,
    /// What is known of tables.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql functions`
#[derive(Args)]
pub struct Functions {
    /// A function, an aggregation function, a plugin or an operator
    pub name: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: LookupFormat,
}

/// `kql convert`
#[derive(Args)]
pub struct Convert {
    /// Files, folders or URLs of data, as for --data
    #[arg(required_unless_present = "data", value_name = "[NAME=]PATH|URL")]
    pub paths: Vec<String>,
    /// Output folder, or URL of one in an object store: one file TABLE.parquet per table; pass it to --data afterwards
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Fail on a damaged row instead of skipping it
    #[arg(long)]
    pub strict: bool,
    /// What is known of tables.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql fmt`
#[derive(Args)]
pub struct Fmt {
    /// Query files to rewrite, or folders whose .kql and .csl files are rewritten; without a path, standard input is
    /// formatted to standard output
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Write nothing; list the files that are not formatted, and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

/// `kql mcp`
#[derive(Args)]
pub struct Mcp {
    /// Files or folders of data, as for --data
    #[arg(value_name = "[NAME=]PATH|URL")]
    pub paths: Vec<String>,
    /// Seconds after which a query is stopped
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = at_least_one)]
    pub timeout: usize,
    /// What queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql serve`
#[derive(Args)]
pub struct Serve {
    /// Files or folders of data, as for --data
    #[arg(value_name = "[NAME=]PATH|URL")]
    pub paths: Vec<String>,
    /// The address to listen on; other hosts reach it only if it is one of a network, and then --token-file is required
    #[arg(long, value_name = "IP:PORT", default_value_t = kql_server::LISTEN)]
    pub listen: std::net::SocketAddr,
    /// A file with the secret that clients must send as bearer token, of at least 16 characters
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A certificate and its chain as PEM, so that the server speaks HTTPS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A name under which clients reach the server, besides localhost and addresses; can be repeated
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// An origin whose web pages can send requests, such as https://tools.example.com; 'adx' stands for the page of Azure Data
    /// Explorer; can be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
    /// Folder where ingested tables and saved functions are kept [default: they are in memory, and gone at the end]
    #[arg(long, value_name = "FOLDER")]
    pub store: Option<PathBuf>,
    /// Refuse commands that change tables or functions
    #[arg(long)]
    pub read_only: bool,
    /// Queries that run at once; others wait, and are refused with status 429 if that takes too long [default: two for each
    /// processor, but at least 4]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_queries: Option<usize>,
    /// Rows of a result; clients can ask for another number
    #[arg(long, value_name = "N", default_value = "500000", value_parser = at_least_one)]
    pub max_rows: usize,
    /// Seconds after which a query is stopped; clients can ask for less
    #[arg(long, value_name = "SECONDS", default_value = "240", value_parser = at_least_one)]
    pub timeout: usize,
    /// Run queries on the executors of this scheduler, which must see the same files; see 'kql cluster'
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "HOST:PORT")]
    pub cluster: Option<String>,
    /// What queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// `kql cluster`
#[cfg(feature = "cluster")]
#[derive(Subcommand)]
pub enum Cluster {
    /// Start a scheduler, which gives the parts of queries to executors
    ///
    /// Its protocol has no passwords and no encryption: whoever reaches the port can run queries over all files that the
    /// executors can read. Listen on another address than this host's own only in a private network.
    Scheduler(Scheduler),
    /// Start an executor, which runs parts of queries
    ///
    /// Executors read the files of a query under the same paths as its client. Their protocol has no passwords and no
    /// encryption: listen on another address than this host's own only in a private network.
    Executor(Executor),
}

/// The log of a process of a cluster.
#[cfg(feature = "cluster")]
#[derive(Args)]
pub struct Log {
    /// What to write to standard error: error, warn, info, debug, or levels of parts, such as warn,ballista_scheduler=debug
    #[arg(long = "log", value_name = "LEVELS", default_value = "error", value_parser = log_levels)]
    pub levels: String,
}

/// `kql cluster scheduler`
#[cfg(feature = "cluster")]
#[derive(Args)]
pub struct Scheduler {
    /// The address to listen on; other hosts reach it only if it is one of a network
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50050")]
    pub listen: std::net::SocketAddr,
    /// Seconds after which a silent executor is given up, and its work is done by others
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = at_least_one)]
    pub silence: usize,
    #[command(flatten)]
    pub log: Log,
}

/// `kql cluster executor`
#[cfg(feature = "cluster")]
#[derive(Args)]
pub struct Executor {
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT")]
    pub scheduler: String,
    /// The address to listen on, for the scheduler, clients and other executors; with port 0, a free one. The next port, or
    /// another free one, is used too
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// The name or address under which others reach this executor [default: the one it listens on]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// How many partitions run at once [default: the number of processors]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub slots: Option<usize>,
    /// Memory that queries use before they continue in temporary files, or are refused, such as 500MB or 4GB [default: three
    /// quarters of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
    /// Folder for temporary files, and for rows until they are fetched [default: the system's]
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Size of the temporary files of queries that do not fit into memory, such as 20GB [default: 100GB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub spill: Option<usize>,
    /// Seconds after which the scheduler gives up a silent executor; the same as the scheduler's
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = at_least_one)]
    pub silence: usize,
    #[command(flatten)]
    pub log: Log,
}

/// What a query can name.
#[derive(Args, Clone)]
pub struct Environment {
    /// A file or folder of NDJSON, JSON, CSV, Parquet, Arrow or Windows event logs, also .gz and .zst, or a .kql file of a
    /// datatable; the table has the name of the file unless NAME is given. A URL is a file or folder of an object store
    /// (s3://, az://, abfss://, gs://), with the credentials of its own tools, or one file of a web server (https://)
    #[arg(long, value_name = "[NAME=]PATH|URL")]
    pub data: Vec<String>,
    /// Order of day and month in dates such as 3/4/2021 [default: detected from other dates of the file]
    #[arg(long, value_enum)]
    pub date_order: Option<DateOrderName>,
    /// Time zone of columns whose header contains [Local Time], such as Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Meaning of dates in folder names (y=2026/m=03, date=2026-03-10)
    #[arg(long, value_enum, default_value = "arrival")]
    pub folder_dates: FolderDatesName,
    /// Built-in table schemas to use
    #[arg(long, value_enum, default_value = "unified")]
    pub profile: ProfileName,
    /// Additional table schemas: JSON {"Table": [["column", "type"], ...]}
    #[arg(long, value_name = "FILE")]
    pub schemas: Vec<PathBuf>,
    /// Saved functions: JSON {"Name": {"parameters": "(a:long)", "body": "..."}}, a Sentinel parser's YAML, or a .kql
    /// file of let functions
    #[arg(long, value_name = "FILE")]
    pub functions: Vec<PathBuf>,
    /// Local copy of external data that a query refers to by URL, or a folder of such copies, each named like the end of
    /// its URL; a query never opens the network
    #[arg(long, value_name = "URL=PATH|FOLDER")]
    pub external: Vec<String>,
    /// Folder or file that queries can read by externaldata with a path, besides --data and the folder of the query file
    #[arg(long, value_name = "PATH")]
    pub allow_files: Vec<PathBuf>,
    /// What to do with external data that has no local copy: refuse the query, or treat it as empty
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT")]
    pub external_missing: ExternalMissingName,
    /// Database for geo_info_from_ip_address() in MaxMind's format, such as GeoLite2-City.mmdb
    #[arg(long, value_name = "FILE")]
    pub geo_ip: Option<PathBuf>,
    /// Value of now(), for reproducible runs [default: the clock]
    #[arg(long, value_name = "DATETIME")]
    pub now: Option<String>,
    /// Value of a parameter of declare query_parameters
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Memory that the command uses before it continues in temporary files, or refuses the query, such as 500MB or 4GB
    /// [default: three quarters of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
}

/// A text that is not a size.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a valid size; use a size such as 500MB or 4GB")]
pub struct SizeError(String);

/// `500MB`, `4GB`: a number of bytes, kilobytes, megabytes or gigabytes, of 1,024 each.
pub fn size(text: &str) -> Result<usize, SizeError> {
    let wrong = || SizeError(text.to_owned());
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

/// A text that is not the name of a format.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a format")]
struct UnknownFormat(String);

/// Levels that the log understands.
#[cfg(feature = "cluster")]
fn log_levels(text: &str) -> Result<String, String> {
    // the log itself takes a misspelt level for the name of a part
    let is_level = |level: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&level);
    let known = text.split(',').all(|part| match part.split_once('=') {
        Some((name, level)) => !name.is_empty() && is_level(level),
        None => is_level(part),
    });
    let expected =
        "levels are expected: error, warn, info, debug or off, also for parts, as in warn,ballista_scheduler=debug";
    if known { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

/// The formats of results, as values of an option.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(n) => Ok(n),
        Err(_) => Err("it must be a whole number".to_owned()),
    }
}

fn format_values() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.summary());
    PossibleValuesParser::new(Format::all().map(value))
        .try_map(|name| Format::of_name(&name).ok_or(UnknownFormat(name)))
}

/// How findings are printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum CheckFormat {
    /// Readable text with the source line
    Human,
    /// One JSON object per line
    Json,
}

/// How the results of tests are printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum TestFormat {
    /// Readable text
    Human,
    /// One JSON object
    Json,
    /// JUnit's XML, which build servers read
    Junit,
    /// The Test Anything Protocol
    Tap,
    /// Workflow commands of GitHub, which mark lines of a pull request
    Github,
}

/// How coverage is printed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum CoverageName {
    /// What no test reaches, over the text of the rules
    Human,
    /// One JSON object
    Json,
    /// A page without other files
    Html,
    /// The format of lcov
    Lcov,
    /// A layer for the ATT&CK Navigator
    Navigator,
}

/// How tables and functions are listed.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum LookupFormat {
    /// Readable text
    Table,
    /// One JSON object per table or function and line
    Json,
}

/// How data is described.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum DataFormat {
    /// Readable text
    Human,
    /// One JSON object per table and line
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

/// The meaning of the dates of folders.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum FolderDatesName {
    /// Arrival times; rows may have other times, so all files are read
    Arrival,
    /// Times of the rows; files outside the time range of a query are not read
    Event,
}

/// How external data without a local copy is treated.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum ExternalMissingName {
    /// Refuse the query
    Refuse,
    /// Use a table without rows and print a notice
    Empty,
}

/// A profile's name.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum ProfileName {
    /// Tables of the unified portal
    Unified,
    /// Microsoft Sentinel's tables
    Sentinel,
    /// Microsoft Defender's tables
    Defender,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Profile {
        match name {
            ProfileName::Unified => Profile::Unified,
            ProfileName::Sentinel => Profile::Sentinel,
            ProfileName::Defender => Profile::Defender,
        }
    }
}

impl Environment {
    /// An engine with these settings.
    pub fn engine(&self) -> Result<EngineBuilder, Failure> {
        self.engine_with(&[])
    }

    /// An engine with these settings and more data.
    pub fn engine_with(&self, data: &[String]) -> Result<EngineBuilder, Failure> {
        let mut builder = Engine::builder().profile(self.profile.into());
        for text in self.data.iter().chain(data) {
            let data = DataPath::parse(text);
            // queries name files by their paths, and never open a store
            if !kql_engine::is_url(&data.path) {
                builder = builder.allow_files(&data.path);
            }
            builder = builder.data(data);
        }
        for path in &self.schemas {
            for (name, schema) in kql_detection::load_schemas(path).map_err(|e| Failure::Usage(e.to_string()))? {
                builder = builder.schema(&name, schema);
            }
        }
        for path in &self.functions {
            for (name, function) in kql_detection::load_functions(path).map_err(|e| Failure::Usage(e.to_string()))? {
                builder = builder.function(&name, &function.parameters, &function.body);
            }
        }
        for text in &self.external {
            if Path::new(text).is_dir() {
                builder = builder.external_folder(text);
                continue;
            }
            // a URL can contain =, a path seldom does
            let Some((address, path)) = text.rsplit_once('=') else {
                let message = format!("--external expects URL=PATH or a folder, not '{text}'.");
                return Err(Failure::Usage(message));
            };
            builder = builder.external(address, path);
        }
        for path in &self.allow_files {
            if !path.exists() {
                return Err(Failure::Usage(format!("--allow-files: {} does not exist.", path.display())));
            }
            builder = builder.allow_files(path);
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
                return Err(Failure::Usage(format!("--param expects NAME=VALUE, not '{text}'.")));
            };
            builder = builder.parameter(name, value);
        }
        let memory = self.memory.or_else(crate::machine::memory);
        let limits = Limits { memory, process: true, ..Limits::default() };
        Ok(builder.limits(limits).release_memory(crate::allocator::release))
    }
}

/// How many jobs run at once.
pub fn jobs() -> clap::builder::RangedU64ValueParser<usize> {
    clap::builder::RangedU64ValueParser::new().range(1..=1024)
}
