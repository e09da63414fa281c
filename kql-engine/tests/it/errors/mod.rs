//! The page of the codes of diagnostics, and whether their examples trigger them.

use kql_engine::{Engine, Error};
use kql_parser::Diagnostic;
use kql_parser::codes::{self, Code, Entry, Example};
use std::collections::BTreeSet;
use std::fmt::Write;

/// `docs/reference/errors.md`.
pub fn page() -> String {
    let mut out = "# Error codes\n\n\
        Generated from `kql-parser/src/codes.rs`; do not edit. `KS` codes have the numbers of Microsoft's parser and binder, \
        `KQ` codes are our own. A test runs each example and asserts that it reports this code and no other one.\n"
        .to_owned();
    for (title, microsoft) in [("Our own codes", false), ("Microsoft's codes", true)] {
        let _ = write!(out, "\n## {title}\n");
        for entry in codes::ALL.iter().filter(|e| e.code.is_microsoft() == microsoft) {
            let _ = write!(out, "\n### {}\n\n{}\n\n", entry.code, entry.meaning.trim());
            example(&mut out, entry.example);
        }
    }
    out
}

fn example(out: &mut String, example: Example) {
    let _ = match example {
        Example::Check(query) => writeln!(out, "```kql\n{query}\n```"),
        Example::Run(query) => writeln!(out, "When it runs:\n\n```kql\n{query}\n```"),
        Example::Repeated { before, part, times } => {
            writeln!(out, "`{before}`, followed by {times} times `{part}`.")
        }
        Example::File { name, text, query } => {
            writeln!(out, "With a file `{name}`:\n\n```text\n{}\n```\n\n```kql\n{query}\n```", text.trim_end())
        }
        Example::Function { name, body, query } => {
            writeln!(out, "With a saved function `{name}()` whose body is `{body}`:\n\n```kql\n{query}\n```")
        }
        Example::Without(reason) => writeln!(out, "There is no example: {reason}."),
    };
}

/// The codes that an example reports.
fn reported(entry: &Entry) -> Vec<Code> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut builder = Engine::builder();
    let (query, runs) = match entry.example {
        Example::Check(query) => (query.to_owned(), false),
        Example::Run(query) => (query.to_owned(), true),
        Example::Repeated { before, part, times } => (format!("{before}{}", part.repeat(times)), false),
        Example::File { name, text, query } => {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file can be written");
            builder = builder.external_folder(folder.path());
            if !query.starts_with("externaldata") {
                builder = builder.data(kql_engine::sources::DataPath::parse(&path.to_string_lossy()));
            }
            (query.to_owned(), true)
        }
        Example::Function { name, body, query } => {
            builder = builder.function(name, "()", body);
            (query.to_owned(), false)
        }
        Example::Without(_) => return vec![entry.code],
    };
    let engine = builder.build().expect("an engine");
    let found: Vec<Diagnostic> = if runs {
        match engine.query(&query) {
            Ok(answer) => answer.diagnostics,
            Err(Error::Query(found)) => found,
            Err(error) => panic!("{}: {error}", entry.code),
        }
    } else {
        engine.check(&query).diagnostics
    };
    let found: BTreeSet<Code> = found.into_iter().map(|d| d.code).collect();
    found.into_iter().collect()
}

#[test]
fn each_code_has_a_sentence_and_a_name_of_its_own() {
    let mut texts = BTreeSet::new();
    for entry in codes::ALL {
        assert!(texts.insert(entry.code), "{} is there twice", entry.code);
        assert!(entry.meaning.trim_start().starts_with(char::is_alphabetic), "{}: {}", entry.code, entry.meaning);
        assert!(entry.meaning.ends_with('.'), "{} has no sentence", entry.code);
    }
}

#[test]
fn the_example_of_each_code_reports_it_alone() {
    let wrong: Vec<String> = codes::ALL
        .iter()
        .filter_map(|entry| {
            let found = reported(entry);
            (found != [entry.code]).then(|| format!("{} ({}) reports {found:?}", entry.code, entry.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
