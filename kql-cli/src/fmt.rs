//! `kql fmt`

use crate::arguments::Fmt;
use crate::diagnostics;
use crate::failure::Failure;
use crate::query_files;
use std::path::Path;

/// Formats queries in place; without a path, from standard input to standard output.
pub fn fmt(arguments: &Fmt) -> Result<(), Failure> {
    if arguments.paths.is_empty() || arguments.paths.iter().any(|path| path == "-") {
        return standard(arguments.check);
    }
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.extend(query_files::find(Path::new(path), &["kql", "csl"], ".kql or .csl")?);
    }
    let mut failed = false;
    for file in &files {
        let name = file.to_string_lossy();
        let text = crate::run::read(&name)?;
        let Some(formatted) = formatted(&text, &name) else {
            failed = true;
            continue;
        };
        if formatted == text {
            continue;
        }
        if arguments.check {
            println!("{name}");
            failed = true;
        } else {
            std::fs::write(file, formatted).map_err(|e| Failure::Query(format!("{name} cannot be written: {e}")))?;
        }
    }
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

fn standard(check: bool) -> Result<(), Failure> {
    let text = crate::run::read("-")?;
    let Some(formatted) = formatted(&text, "-") else { return Err(Failure::Reported) };
    if check {
        return if formatted == text { Ok(()) } else { Err(Failure::Reported) };
    }
    use std::io::Write;
    std::io::stdout().lock().write_all(formatted.as_bytes())?;
    Ok(())
}

/// The formatted text. If the text has errors, they are printed, and the result is `None`.
fn formatted(text: &str, name: &str) -> Option<String> {
    match kql_parser::format(text) {
        Ok(formatted) => Some(formatted),
        Err(findings) => {
            crate::message::print(&diagnostics::render(text, name, &findings));
            None
        }
    }
}
