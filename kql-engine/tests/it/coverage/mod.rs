//! `docs/reference/coverage.md`: how much of Kusto's language the engine has, and what is missing.
//!
//! The names stand in `kusto_names.txt`. A function or plugin is there where a query that calls it is not told that the
//! name is unknown; an operator where it has a file.

use kql_engine::Engine;
use std::fmt::Write;
use std::path::Path;

/// How a name fares.
#[derive(PartialEq)]
enum State {
    Here,
    /// Refused, with the reason.
    Refused(&'static str),
    Missing,
}

pub fn page() -> String {
    let engine = Engine::builder().build().expect("an engine");
    let mut table = String::new();
    let mut lists = String::new();
    for (section, names) in sections() {
        let states: Vec<(&str, State)> = names.iter().map(|name| state(&engine, section, name)).collect();
        let count = |wanted: fn(&State) -> bool| states.iter().filter(|(_, s)| wanted(s)).count();
        let here = count(|s| *s == State::Here);
        let refused = count(|s| matches!(s, State::Refused(_)));
        let missing = count(|s| *s == State::Missing);
        let _ = writeln!(table, "| {section} | {} | {here} | {refused} | {missing} |", states.len());
        if here == states.len() {
            continue;
        }
        let _ = write!(lists, "\n## {section}\n");
        if missing > 0 {
            let names: Vec<String> =
                states.iter().filter(|(_, s)| *s == State::Missing).map(|(n, _)| format!("`{n}`")).collect();
            let _ = write!(lists, "\nMissing: {}.\n", names.join(", "));
        }
        if refused > 0 {
            lists.push_str("\nRefused, as nothing here can answer it:\n\n");
        }
        for (name, state) in &states {
            if let State::Refused(reason) = state {
                let _ = writeln!(lists, "- `{name}`: {reason}");
            }
        }
    }
    format!(
        "# Coverage\n\nHow much of Kusto's language is here. Made from the engine and the names that Microsoft's binder has; \
         do not edit.\n\n| section | names | here | refused with a reason | missing |\n| --- | --- | --- | --- | --- |\n\
         {table}{lists}"
    )
}

fn sections() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in include_str!("kusto_names.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(section) => sections.push((section, Vec::new())),
            None => sections.last_mut().expect("a section begins").1.push(line),
        }
    }
    sections
}

fn state<'n>(engine: &Engine, section: &str, name: &'n str) -> (&'n str, State) {
    if section == "Tabular operators" {
        let (name, file) = match name.split_once(" = ") {
            Some((name, file)) => (name, file.to_owned()),
            None => (name, name.replace('-', "_")),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/operators");
        let there = ["", "_"].iter().any(|end| folder.join(format!("{file}{end}.rs")).exists());
        return (name, if there { State::Here } else { State::Missing });
    }
    let queries = match section {
        "Plugins" => vec![format!("print 1 | evaluate {name}()")],
        "Aggregation functions" => vec![format!("print 1 | summarize {name}()")],
        // some give tables
        _ => vec![format!("print {name}()"), format!("{name}()")],
    };
    let known = |query: &String| {
        let codes: Vec<_> = engine.check(query).diagnostics.into_iter().map(|d| d.code).collect();
        !codes
            .iter()
            .any(|code| matches!(*code, kql_parser::codes::UNKNOWN_FUNCTION | kql_parser::codes::UNAVAILABLE_OFFLINE))
    };
    if queries.iter().any(known) {
        return (name, State::Here);
    }
    match kql_engine::registry::unavailable(name) {
        Some(reason) => (name, State::Refused(reason)),
        None => (name, State::Missing),
    }
}
