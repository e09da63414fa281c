//! `kql minimise`: the fewest rows of a log with the same verdict.

use crate::arguments::Environment;
use crate::failure::Failure;
use crate::words::plural;
use clap::Args;
use kql_detection::{MinimiseError, Minimised, Scrub};
use kql_engine::CancellationToken;
use kql_output::{Format, Options};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// `kql minimise`
#[derive(Args)]
pub struct Minimise {
    /// The file of the rule or the query
    pub rule: String,
    /// The folder to write the rows to, a file for each table; made if it is not there
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
    /// Replace names of users and computers, addresses and ids, the same value by the same one everywhere
    #[arg(long)]
    pub scrub: bool,
    /// What the query can name, and the log.
    #[command(flatten)]
    pub environment: Environment,
}

/// Chooses rows and writes them.
pub fn minimise(arguments: &Minimise) -> Result<(), Failure> {
    let path = Path::new(&arguments.rule);
    let text = crate::run::read(&arguments.rule)?;
    let rule = crate::sample::the_rule(path, &text)?;
    let engine = crate::run::build(arguments.environment.engine()?)?;
    crate::interrupt::listen(engine.progress().clone());
    // what is there is refused before the query runs, which can take long
    let tables = kql_detection::tables_with_data(&engine, &rule.query.text);
    let outputs: Vec<PathBuf> = tables.iter().map(|table| output(arguments, table)).collect();
    if let Some(output) = outputs.iter().find(|output| !arguments.force && output.exists()) {
        return Err(Failure::Usage(format!("{} is there already; --force writes over it.", output.display())));
    }
    let scrub = if arguments.scrub { Scrub::Identities } else { Scrub::Nothing };
    let found =
        kql_detection::minimise(&engine, &rule, scrub, &CancellationToken::new()).map_err(|error| match error {
            MinimiseError::Query(error) => crate::run::failure(error, &rule.query.text, &arguments.rule),
            other => Failure::Usage(format!("{}: {other}.", arguments.rule)),
        })?;
    let unwritable = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("{} cannot be written: {error}", path.display()))
    };
    std::fs::create_dir_all(&arguments.output).map_err(|error| unwritable(&arguments.output, &error))?;
    for table in &found.tables {
        let path = output(arguments, &table.name);
        let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
        let mut run = found
            .engine
            .start(&table.query(), &CancellationToken::new())
            .map_err(|error| Failure::Query(error.to_string()))?;
        kql_output::write(run.take_streams(), Format::Ndjson, &mut BufWriter::new(file), &Options::default())
            .map_err(|error| unwritable(&path, &error))?;
        let (kept, before) = (table.batch.num_rows(), table.rows_before);
        crate::message::message!("{}: {kept} of {}", path.display(), plural(before as u64, "row"));
    }
    summary(&found);
    Ok(())
}

fn summary(found: &Minimised) {
    let Minimised { fires, result_rows: (before, after), runs, .. } = found;
    let verdict = if *fires { "the rule fires" } else { "the rule does not fire" };
    crate::message::message!(
        "{verdict}, as before: {} of the result, {before} before; the query ran {}",
        plural(*after, "row"),
        plural(*runs as u64, "time")
    );
    let Some(scrubbed) = &found.scrubbed else { return };
    let replaced: Vec<String> = scrubbed.replaced.iter().map(|(kind, count)| counted(*count, kind)).collect();
    let replaced = if replaced.is_empty() { "nothing".to_owned() } else { replaced.join(", ") };
    crate::message::message!("replaced: {replaced}");
    for kind in &scrubbed.kept {
        crate::message::message!("warning: {kind} are as they were: without them, the query finds something else.");
    }
    if !scrubbed.named.is_empty() {
        crate::message::message!("warning: as they were, since the query names them: {}.", scrubbed.named.join(", "));
    }
    crate::message::message!(
        "notice: what is not named as one, such as a name in a free text, is not recognised: look at the rows."
    );
}

/// `2 users`, `1 user`, `1 mail address`
fn counted(count: usize, kinds: &str) -> String {
    let kind = match kinds.strip_suffix("addresses") {
        _ if count != 1 => kinds.to_owned(),
        Some(start) => format!("{start}address"),
        None => kinds.trim_end_matches('s').to_owned(),
    };
    format!("{count} {kind}")
}

/// The file of a table.
fn output(arguments: &Minimise, table: &str) -> PathBuf {
    arguments.output.join(format!("{}.ndjson", file_name(table)))
}

/// The name of a table as that of a file.
fn file_name(table: &str) -> String {
    table.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect()
}
