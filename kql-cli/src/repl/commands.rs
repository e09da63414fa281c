//! Commands that begin with a dot.

use super::session::{Flow, Session, engine};
use crate::failure::Failure;
use crate::lookup;
use kql_output::Format;
use std::fmt::Write;

/// A command, its argument, and what it does.
pub const COMMANDS: [(&str, &str, &str); 8] = [
    (".tables", "[TEXT]", "list the tables with data, and all tables whose name contains TEXT"),
    (".schema", "TABLE", "show the columns of a table and their types"),
    (".load", "[NAME=]PATH", "add data, like --data"),
    (".help", "[FUNCTION]", "list the commands, or describe a function"),
    (".format", "[FORMAT]", "set the output format: table, json, ndjson, csv, markdown"),
    (".now", "[DATETIME]", "set the value of now(); without a datetime, use the clock"),
    (".quit", "", "exit, like Ctrl-D"),
    (".exit", "", "leaves"),
];

/// Why a session does not use a format: its results are not text.
#[derive(Debug, thiserror::Error)]
#[error("A session prints table, json, ndjson, csv or markdown; kql run -o FILE writes the others.")]
pub struct NotPrintable;

/// Whether results can be printed so, one after the other.
pub fn check_format(format: Format) -> Result<(), NotPrintable> {
    if format.is_text() {
        return Ok(());
    }
    Err(NotPrintable)
}

impl Session {
    /// Runs a command.
    pub(super) fn command(&mut self, text: &str) -> Result<Flow, Failure> {
        let text = text.trim().trim_end_matches(';').trim_end();
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match name {
            ".tables" => print(&self.tables(rest))?,
            ".schema" => print(&self.schema(rest)?)?,
            ".load" if rest.is_empty() => return Err(wants(name)),
            ".load" => {
                let mut environment = self.environment.clone();
                environment.data.push(rest.to_owned());
                let before = engine(&self.engine).data_tables();
                self.rebuild(environment)?;
                let now = engine(&self.engine).data_tables();
                let new: Vec<String> = now.into_iter().filter(|name| !before.contains(name)).collect();
                print(&format!("{}\n", if new.is_empty() { "no new tables".to_owned() } else { new.join("\n") }))?;
            }
            ".help" if rest.is_empty() => print(&help())?,
            ".help" => print(&lookup::function(rest)?)?,
            ".format" if rest.is_empty() => print(&format!("{}\n", self.format))?,
            ".format" => {
                let format = Format::of_name(rest).ok_or_else(|| {
                    Failure::Query(format!("Unknown format '{rest}'; use table, json, ndjson, csv or markdown."))
                })?;
                check_format(format).map_err(|e| Failure::Query(e.to_string()))?;
                self.format = format;
            }
            ".now" => {
                let mut environment = self.environment.clone();
                environment.now = (!rest.is_empty()).then(|| rest.to_owned());
                self.rebuild(environment)?;
            }
            ".quit" | ".exit" => return Ok(Flow::Quit),
            other => {
                let like = kql_parser::suggest(other, COMMANDS.iter().map(|(name, ..)| *name));
                let like =
                    like.map_or_else(|| "use .help to list them".to_owned(), |like| format!("did you mean {like}?"));
                return Err(Failure::Query(format!("Unknown command {other}: {like}")));
            }
        }
        Ok(Flow::Continue)
    }

    /// The tables with data, or all tables whose names contain a text.
    fn tables(&self, part: &str) -> String {
        let engine = engine(&self.engine);
        let with_data = engine.data_tables();
        let mut out = String::new();
        if part.is_empty() {
            with_data.iter().for_each(|name| _ = writeln!(out, "{name}"));
            let others = engine.table_names().iter().filter(|name| !with_data.contains(name)).count();
            let _ = writeln!(
                out,
                "{others} more tables are known but have no data; use .tables TEXT to search their names"
            );
            return out;
        }
        let part = part.to_lowercase();
        for name in engine.table_names().iter().filter(|name| name.to_lowercase().contains(&part)) {
            let data = if with_data.contains(name) { "" } else { "  (no data)" };
            let _ = writeln!(out, "{name}{data}");
        }
        if out.is_empty() {
            let _ = writeln!(out, "no table name contains '{part}'");
        }
        out
    }

    fn schema(&self, name: &str) -> Result<String, Failure> {
        if name.is_empty() {
            return Err(wants(".schema"));
        }
        Ok(lookup::columns(&lookup::columns_of(&engine(&self.engine), name)?))
    }
}

fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn wants(name: &str) -> Failure {
    let argument = COMMANDS.iter().find(|(n, ..)| *n == name).map_or("", |(_, argument, _)| argument);
    Failure::Query(format!("Usage: {name} {argument}"))
}

fn help() -> String {
    let mut out = String::new();
    for (name, argument, summary) in COMMANDS {
        let _ = writeln!(out, "{:<24} {summary}", format!("{name} {argument}"));
    }
    out.push_str(
        "Anything else is a query. Enter runs it once it is complete, an empty line runs it in any \
         case; Alt-Enter starts\na new line, Tab completes, Ctrl-R searches the history, Ctrl-C discards the \
         input or stops a query.\n",
    );
    out
}
