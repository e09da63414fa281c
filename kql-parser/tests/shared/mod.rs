//! The queries that tests and benchmarks run over: a file of JSON lines that `KQL_CORPUS` names, else the project's own.

#![allow(dead_code)] // a benchmark uses a part of it

use std::io::Write;
use std::path::{Path, PathBuf};

/// The texts of `KQL_CORPUS`, else of `queries/`.
pub fn corpus() -> Vec<String> {
    match std::env::var_os("KQL_CORPUS") {
        Some(path) => lines(Path::new(&path)).iter().filter_map(|line| field(line, "query")).collect(),
        None => own(),
    }
}

/// The file that a variable names. Where it names none, says so: straight to standard error, which the test runner does
/// not hold back.
pub fn named_by(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: {variable} does not name {what}");
    }
    path
}

/// The lines of a file; none where there is no such file.
pub fn lines(path: &Path) -> Vec<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// Every `.kql` file under `queries/`, and every block of KQL of the specifications.
pub fn own() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for path in files(&root.join("queries"), "kql") {
        texts.extend(std::fs::read_to_string(path));
    }
    for path in files(&root.join("tests/spec"), "md") {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if !path.to_string_lossy().contains("/errors/") {
            texts.extend(blocks(&text));
        }
    }
    texts
}

/// What stands between fences marked `kql`, but for the queries that an `error` fence says to be refused.
pub fn blocks(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut block: Option<String> = None;
    for line in markdown.lines() {
        match &mut block {
            Some(text) if line.starts_with("```") => {
                if !text.starts_with("ERROR") {
                    found.push(std::mem::take(text));
                }
                block = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```error") => {
                found.pop();
                // the error's own fence closes as a query's does
                block = Some(String::from("ERROR"));
            }
            None if line.split_whitespace().next() == Some("```kql") => block = Some(String::new()),
            None => {}
        }
    }
    found
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The value of a field of a line of JSON, where it is a string and the object is flat up to it.
pub fn field(line: &str, name: &str) -> Option<String> {
    let start = line.find(&format!("\"{name}\": \"")).map(|at| at + name.len() + 5)?;
    let mut out = String::new();
    let mut rest = line.get(start..)?.chars();
    loop {
        match rest.next()? {
            '"' => return Some(out),
            '\\' => match rest.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let unit = hex(&mut rest)?;
                    let code = if (0xD800..0xDC00).contains(&unit) {
                        rest.by_ref().take(2).for_each(drop);
                        0x10000 + ((unit - 0xD800) << 10) + (hex(&mut rest)? - 0xDC00)
                    } else {
                        unit
                    };
                    out.push(char::from_u32(code)?);
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
}

fn hex(rest: &mut std::str::Chars) -> Option<u32> {
    let digits: String = rest.by_ref().take(4).collect();
    u32::from_str_radix(&digits, 16).ok()
}
