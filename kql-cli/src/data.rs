//! `kql data`: what files are recognised as, and what is in them.

use crate::arguments::{Data, DataFormat};
use crate::bar::Bar;
use crate::failure::Failure;
use kql_engine::Column;
use kql_engine::FileSummary;
use kql_engine::TableDescription;
use kql_parser::time::datetime_text;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};

/// Prints what the data is.
pub fn data(arguments: &Data) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine_with(&arguments.paths)?)?;
    let bar = Bar::start(engine.progress());
    let tables = engine.describe();
    drop(bar);
    let mut out = BufWriter::new(std::io::stdout());
    match arguments.format {
        DataFormat::Human => {
            for (i, table) in tables.iter().enumerate() {
                if i > 0 {
                    writeln!(out)?;
                }
                out.write_all(text(table).as_bytes())?;
            }
        }
        DataFormat::Json => {
            for table in &tables {
                writeln!(out, "{}", object(table))?;
            }
        }
    }
    out.flush()?;
    let failed: Vec<&str> = tables.iter().filter_map(|t| t.error.as_deref()).collect();
    failed.iter().for_each(|error| crate::message::message!("error: {error}"));
    if failed.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

/// Whether the number of rows is known only after reading the file.
fn uncounted(file: &FileSummary) -> bool {
    let packed = file.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz") || e.eq_ignore_ascii_case("zst"));
    file.format == "Arrow IPC" || (file.format == "Parquet" && (packed || file.rows == 0))
}

/// The description of a table for people.
fn text(table: &TableDescription) -> String {
    let mut out = table.name.clone();
    if !table.other_names.is_empty() {
        let _ = write!(out, " (also {})", table.other_names.join(", "));
    }
    out.push('\n');
    let mut line = |label: &str, content: &str| {
        let _ = writeln!(out, "  {label:<10} {content}");
    };
    for file in &table.files {
        let skipped = if file.refused > 0 {
            format!(", {} skipped", crate::words::plural(file.refused, "row"))
        } else {
            String::new()
        };
        let rows = if file.rows == 0 && uncounted(file) {
            String::new()
        } else {
            format!(", {}", crate::words::plural(file.rows, "row"))
        };
        line("file", &format!("{}: {}{rows}{skipped}", file.path.display(), file.format));
    }
    if let Some(error) = &table.error {
        line("error", error);
        return out;
    }
    line("rows", &format!("{} read, {} skipped", table.rows, table.refused));
    match &table.time {
        Some((column, from, to)) => {
            line("time", &format!("{column} from {}Z to {}Z", datetime_text(*from), datetime_text(*to)));
        }
        None => line("time", "none"),
    }
    if table.declared {
        line("matched", &crate::words::plural(table.matched.len() as u64, "column"));
        if table.unmatched.is_empty() {
            line("unmatched", "none");
        } else {
            let count = crate::words::plural(table.unmatched.len() as u64, "column");
            line("unmatched", &format!("{count} that the table's schema lacks: {}", list(&table.unmatched)));
        }
        if !table.missing.is_empty() {
            line("missing", &format!("{} of the schema", crate::words::plural(table.missing.len() as u64, "column")));
        }
    } else {
        let columns = if table.unmatched.is_empty() { "none".to_owned() } else { list(&table.unmatched) };
        line("columns", &format!("no schema is known: {columns}"));
    }
    let mut shadows: Vec<&str> = table.files.iter().flat_map(|f| f.shadows.iter().map(String::as_str)).collect();
    shadows.sort_unstable();
    shadows.dedup();
    if !shadows.is_empty() {
        line("skipped", &format!("columns that repeat others: {}", shadows.join(", ")));
    }
    for notice in &table.notices {
        line("notice", notice);
    }
    out
}

fn list(columns: &[Column]) -> String {
    let all: Vec<String> = columns.iter().map(|c| format!("{} ({})", c.name, c.ty)).collect();
    all.join(", ")
}

/// The description of a table for programs.
fn object(table: &TableDescription) -> Value {
    let columns =
        |list: &[Column]| -> Value { list.iter().map(|c| json!({"name": c.name, "type": c.ty.to_string()})).collect() };
    let files: Vec<Value> = table
        .files
        .iter()
        .map(|f| {
            json!({"path": f.path.display().to_string(), "format": f.format, "rows": f.rows, "refused": f.refused,
                   "shadows": f.shadows})
        })
        .collect();
    json!({
        "table": table.name,
        "other_names": table.other_names,
        "files": files,
        "rows": table.rows,
        "refused": table.refused,
        "misfits": table.misfits,
        "time": table.time.as_ref().map(|(column, from, to)| json!({
            "column": column,
            "from": format!("{}Z", datetime_text(*from)),
            "to": format!("{}Z", datetime_text(*to)),
        })),
        "declared": table.declared,
        "matched": columns(&table.matched),
        "unmatched": columns(&table.unmatched),
        "missing": columns(&table.missing),
        "notices": table.notices,
        "error": table.error,
    })
}
