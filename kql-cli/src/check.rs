//! `kql check`

use crate::arguments::{Check, CheckFormat};
use crate::diagnostics;
use crate::failure::Failure;
use crate::query_files;
use kql_engine::Checked;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Checks queries and prints the findings.
pub fn check(arguments: &Check) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine()?)?;
    let mut files = Vec::new();
    for path in &arguments.paths {
        if path == "-" {
            files.push(path.clone());
            continue;
        }
        let found = query_files::find(Path::new(path), &["kql", "csl", "yaml", "yml"], ".kql, .csl or .yaml")?;
        files.extend(found.into_iter().map(|p| p.to_string_lossy().into_owned()));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = false;
    let many = files.len() > 1;
    for file in &files {
        let Some(text) = query(file)? else { continue };
        let checked = engine.check(&text);
        failed |= checked.diagnostics.iter().any(kql_parser::Diagnostic::is_error);
        match arguments.format {
            CheckFormat::Json => json(&mut out, file, &checked)?,
            CheckFormat::Human => human(&mut out, file, &text, &checked, many)?,
        }
    }
    out.flush()?;
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

/// The query of a file; `None` for a YAML file without one.
fn query(file: &str) -> Result<Option<String>, Failure> {
    let text = crate::run::read(file)?;
    if file.ends_with(".yaml") || file.ends_with(".yml") {
        return crate::yaml::query(&text).map_err(|e| Failure::Query(format!("{file}: {e}")));
    }
    Ok(Some(text))
}

fn json(out: &mut impl Write, file: &str, checked: &Checked) -> Result<(), Failure> {
    let diagnostics: Vec<_> = checked
        .diagnostics
        .iter()
        .map(|d| {
            json!({
                "code": d.code.as_str(),
                "severity": if d.is_error() { "error" } else { "warning" },
                "message": d.message,
                "start": d.span.start,
                "end": d.span.end,
            })
        })
        .collect();
    let columns = checked
        .columns
        .as_ref()
        .map(|c| c.iter().map(|c| json!({"name": c.name, "type": c.ty.name()})).collect::<Vec<_>>());
    let line = json!({
        "file": file,
        "syntax_ok": checked.syntax_ok,
        "diagnostics": diagnostics,
        "columns": columns,
        "external": checked.external,
    });
    writeln!(out, "{line}")?;
    Ok(())
}

fn human(out: &mut impl Write, file: &str, text: &str, checked: &Checked, many: bool) -> Result<(), Failure> {
    crate::message::print(&diagnostics::render(text, file, &checked.diagnostics));
    if many {
        writeln!(out, "{file}")?;
    }
    if let Some(columns) = &checked.columns {
        let width = columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
        for column in columns {
            writeln!(out, "{}{:width$}  {}", if many { "  " } else { "" }, column.name, column.ty)?;
        }
    } else if !checked.diagnostics.iter().any(kql_parser::Diagnostic::is_error) {
        writeln!(out, "The columns depend on the data.")?;
    }
    for address in &checked.external {
        writeln!(out, "External data: {address}")?;
    }
    Ok(())
}
