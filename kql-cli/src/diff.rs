//! `kql diff`: what a new version of a rule finds more or fewer.

use crate::arguments::{CheckFormat, Environment};
use crate::failure::Failure;
use crate::words::plural;
use clap::Args;
use kql_detection::hunt::at_latest;
use kql_detection::{DiffError, FieldChange, Rule, RuleDiff, changed_fields, visible};
use kql_engine::{CancellationToken, Column, Engine, Error};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The most rows that are printed for people, of each kind.
const SHOWN: usize = 20;

/// `kql diff`
#[derive(Args)]
pub struct Diff {
    /// The old version: the file of a rule or a query, or a folder of them
    pub old: PathBuf,
    /// The new version: a file, or a folder with files of the same names
    pub new: PathBuf,
    /// Exit with status 1 if anything differs, and 2 if a version cannot run
    #[arg(long)]
    pub exit_code: bool,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub format: CheckFormat,
    /// What the queries can name.
    #[command(flatten)]
    pub environment: Environment,
}

/// Compares rules and prints how they differ.
pub fn diff(arguments: &Diff) -> Result<(), Failure> {
    if arguments.old.is_dir() != arguments.new.is_dir() && arguments.old.exists() && arguments.new.exists() {
        let (folder, file) =
            if arguments.old.is_dir() { (&arguments.old, &arguments.new) } else { (&arguments.new, &arguments.old) };
        let (folder, file) = (folder.display(), file.display());
        return Err(Failure::Usage(format!(
            "{folder} is a folder and {file} is a file; name two files or two folders."
        )));
    }
    let (old, new) = (rules(&arguments.old)?, rules(&arguments.new)?);
    let engine = crate::run::build(arguments.environment.engine()?)?;
    crate::interrupt::listen(engine.progress().clone());
    let queries: Vec<&str> = old.values().chain(new.values()).map(|rule| rule.query.text.as_str()).collect();
    let (engine, notices) = at_latest(&engine, &queries).map_err(|error| match error {
        Error::Interrupted => Failure::Interrupted,
        error => Failure::Query(error.to_string()),
    })?;
    notices.iter().for_each(|notice| crate::message::message!("notice: {notice}"));
    let mut out = std::io::stdout();
    let (mut differs, mut failed, mut same) = (false, false, 0_usize);
    let several = old.len() > 1 || new.len() > 1;
    let pairs = pairs(&old, &new);
    for (name, old, new) in &pairs {
        let (Some(old), Some(new)) = (old, new) else {
            differs = true;
            let what = if old.is_none() { "only in the new version" } else { "only in the old version" };
            match arguments.format {
                CheckFormat::Human => writeln!(out, "{}: {what}", visible(name))?,
                CheckFormat::Json => {
                    writeln!(out, "{}", json!({"rule": name, "only_in": if old.is_none() { "new" } else { "old" }}))?
                }
            }
            continue;
        };
        let fields = changed_fields(old, new);
        // the same text finds the same rows
        let is_same_query = several && old.query.text == new.query.text;
        if is_same_query && fields.is_empty() {
            same += 1;
            continue;
        }
        let found = if is_same_query { Ok(None) } else { compared(&engine, old, new).map(Some) };
        match found {
            Ok(found) => {
                let is_same = fields.is_empty() && found.as_ref().is_none_or(RuleDiff::is_same);
                differs |= !is_same;
                match arguments.format {
                    CheckFormat::Human if several && is_same => same += 1,
                    CheckFormat::Human => {
                        if several {
                            writeln!(out, "{}", visible(name))?;
                        }
                        of_fields(&mut out, &fields)?;
                        match &found {
                            Some(found) => human(&mut out, found)?,
                            None => writeln!(out, "the same query")?,
                        }
                    }
                    CheckFormat::Json => writeln!(out, "{}", object(name, &fields, found.as_ref()))?,
                }
            }
            // one rule that cannot run does not hide the others
            Err(Failure::Reported) => failed = true,
            Err(Failure::Query(text)) => {
                crate::message::message!("error: {text}");
                failed = true;
            }
            Err(failure) => return Err(failure),
        }
    }
    if several && arguments.format == CheckFormat::Human {
        writeln!(out, "{same} of {} rules are the same", pairs.len())?;
    }
    match (failed, arguments.exit_code && differs) {
        // with --exit-code, 1 is a difference
        (true, _) if arguments.exit_code => Err(Failure::Files),
        (true, _) | (_, true) => Err(Failure::Reported),
        _ => Ok(()),
    }
}

fn compared(engine: &Engine, old: &Rule, new: &Rule) -> Result<RuleDiff, Failure> {
    let failure = |rule: &Rule, error| crate::run::failure(error, &rule.query.text, &rule.file.to_string_lossy());
    kql_detection::diff(engine, &old.query.text, &new.query.text, &CancellationToken::new()).map_err(
        |error| match error {
            DiffError::Old(error) => failure(old, error),
            DiffError::New(error) => failure(new, error),
        },
    )
}

/// The rules of a file by their names, or those of all files of a folder by their places in it.
fn rules(path: &Path) -> Result<BTreeMap<String, Rule>, Failure> {
    let mut found = BTreeMap::new();
    for file in crate::query_files::rules(path)? {
        let text = crate::run::read(&file.to_string_lossy())?;
        let read = kql_detection::read(&file, &text);
        for problem in &read.problems {
            crate::message::message!("error: {problem}");
        }
        let place = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
        let several = read.rules.len() > 1;
        for rule in read.rules {
            let name = match (place.is_empty(), several) {
                (true, _) => rule.name.clone(),
                (false, true) => format!("{place}: {}", rule.name),
                (false, false) => place.clone(),
            };
            found.insert(name, rule);
        }
    }
    if found.is_empty() {
        return Err(Failure::Usage(format!("{} has no rule.", path.display())));
    }
    Ok(found)
}

type Pair<'r> = (String, Option<&'r Rule>, Option<&'r Rule>);

/// The old and the new version of each rule; two files are one pair, whatever their names.
fn pairs<'r>(old: &'r BTreeMap<String, Rule>, new: &'r BTreeMap<String, Rule>) -> Vec<Pair<'r>> {
    if let (1, 1, Some((name, a)), Some((_, b))) = (old.len(), new.len(), old.first_key_value(), new.first_key_value())
    {
        return vec![(name.clone(), Some(a), Some(b))];
    }
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), old.get(name), new.get(name))).collect()
}

fn of_fields(out: &mut impl Write, fields: &[FieldChange]) -> Result<(), Failure> {
    if !fields.is_empty() {
        writeln!(out, "fields")?;
    }
    for FieldChange { name, old, new } in fields {
        match (old.as_deref().map(visible), new.as_deref().map(visible)) {
            (Some(old), Some(new)) => writeln!(out, "  ~ {name}: {old} is now {new}")?,
            (None, Some(new)) => writeln!(out, "  + {name}: {new}")?,
            (old, None) => writeln!(out, "  - {name}: {}", old.unwrap_or_default())?,
        }
    }
    Ok(())
}

fn human(out: &mut impl Write, found: &RuleDiff) -> Result<(), Failure> {
    let column = |sign: &str, column: &Column| format!("{sign} {}: {}", column.name, column.ty);
    let mut columns: Vec<String> = found.columns_removed.iter().map(|c| column("-", c)).collect();
    columns.extend(found.columns_added.iter().map(|c| column("+", c)));
    columns.extend(found.columns_retyped.iter().map(|(name, old, new)| format!("~ {name}: {old} is now {new}")));
    if !columns.is_empty() {
        writeln!(out, "columns\n  {}", columns.join("\n  "))?;
    }
    let RuleDiff { old_rows, new_rows, more_count, fewer_count, changed, .. } = found;
    if found.is_same() {
        match new_rows {
            0 => writeln!(out, "both have no rows")?,
            1 => writeln!(out, "the same row")?,
            _ => writeln!(out, "the same {new_rows} rows")?,
        }
        return Ok(());
    }
    let before = plural(*old_rows, "row");
    if found.is_incomparable() {
        writeln!(
            out,
            "{before} before, {new_rows} now: no column is in both versions, so that rows cannot be compared"
        )?;
        return Ok(());
    }
    writeln!(
        out,
        "{before} before, {new_rows} now: {more_count} more, {fewer_count} fewer, {} changed",
        changed.len()
    )?;
    let shown = |row: &[String]| {
        let cells = found.compared.iter().zip(row).filter(|(_, cell)| !matches!(cell.as_str(), "\"\"" | "null"));
        cells.map(|(name, cell)| visible(&format!("{name}={cell}"))).collect::<Vec<_>>().join(" ")
    };
    for row in found.fewer.iter().take(SHOWN) {
        writeln!(out, "- {}", shown(row))?;
    }
    for row in found.more.iter().take(SHOWN) {
        writeln!(out, "+ {}", shown(row))?;
    }
    for row in changed.iter().take(SHOWN) {
        let name = found.compared.get(row.column).map_or("", String::as_str);
        let before = row.old.get(row.column).map_or("", String::as_str);
        writeln!(out, "~ {name}: {} is now {} in {}", visible(before), visible(&row.new), shown(&row.old))?;
    }
    let hidden = [*more_count, *fewer_count, changed.len() as u64].map(|n| n.saturating_sub(SHOWN as u64));
    let hidden: u64 = hidden.iter().sum();
    if hidden > 0 {
        writeln!(out, "and {hidden} more differences; --format json has up to 1,000 of each kind")?;
    }
    Ok(())
}

/// The differences as an object; without `found`, the queries are the same text.
fn object(name: &str, fields: &[FieldChange], found: Option<&RuleDiff>) -> Value {
    let changes: Value =
        fields.iter().map(|change| json!({"name": change.name, "old": change.old, "new": change.new})).collect();
    let Some(found) = found else {
        return json!({"rule": name, "same": fields.is_empty(), "same_query": true, "fields": changes});
    };
    let columns = |columns: &[Column]| -> Value {
        columns.iter().map(|column| json!({"name": column.name, "type": column.ty.name()})).collect()
    };
    let row = |cells: &[String]| -> Value {
        let cells = found.compared.iter().zip(cells);
        Value::Object(
            cells.map(|(name, cell)| (name.clone(), serde_json::from_str(cell).unwrap_or(Value::Null))).collect(),
        )
    };
    let retyped: Value = found
        .columns_retyped
        .iter()
        .map(|(name, old, new)| json!({"name": name, "old": old.name(), "new": new.name()}))
        .collect();
    let changed: Value = found
        .changed
        .iter()
        .map(|change| {
            json!({
                "column": found.compared.get(change.column), "row": row(&change.old),
                "new": serde_json::from_str::<Value>(&change.new).unwrap_or(Value::Null),
            })
        })
        .collect();
    json!({
        "rule": name, "same": fields.is_empty() && found.is_same(), "same_query": false, "fields": changes,
        "compared": found.compared, "old_rows": found.old_rows, "new_rows": found.new_rows,
        "columns": {"added": columns(&found.columns_added), "removed": columns(&found.columns_removed), "retyped": retyped},
        "more_count": found.more_count, "fewer_count": found.fewer_count,
        "more": found.more.iter().map(|cells| row(cells)).collect::<Value>(),
        "fewer": found.fewer.iter().map(|cells| row(cells)).collect::<Value>(),
        "changed": changed,
    })
}
