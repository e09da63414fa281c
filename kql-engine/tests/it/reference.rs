//! The pages of `docs/reference` are made from the registry; this says whether they are current. `KQL_BLESS=1` writes
//! them.

use crate::document::{Case, Document, Expected};
use crate::{coverage, errors};
use kql_engine::callable::{self, Callable};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How long an example may be, and how wide.
const EXAMPLE: (usize, usize) = (15, 160);

const SITE: &str = "https://learn.microsoft.com/kusto/query/";

#[test]
fn the_reference_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    let pages = [
        ("functions.md", functions()),
        ("operators.md", operators()),
        ("aggregates.md", aggregates()),
        ("plugins.md", plugins()),
        ("coverage.md", coverage::page()),
        ("errors.md", errors::page()),
    ];
    for (name, text) in pages {
        let path = folder.join(name);
        if std::env::var_os("KQL_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(have == text, "docs/reference/{name} is not current: KQL_BLESS=1 cargo test --test it reference");
    }
}

#[test]
fn every_row_says_what_it_is() {
    let mut names = std::collections::BTreeSet::new();
    for f in kql_engine::functions::all() {
        assert!(!f.signatures.is_empty(), "{} has no signature", f.name);
        assert!(f.summary.ends_with('.'), "{} has no sentence", f.name);
        assert!(f.aliases.iter().chain([&f.name]).all(|name| names.insert(*name)), "{} is there twice", f.name);
    }
    for callable in callable::all() {
        assert!(callable.summary().ends_with('.'), "{} has no sentence", callable.name());
        if matches!(callable, Callable::Special(_)) {
            assert!(callable.names().all(|name| names.insert(name)), "{} is there twice", callable.name());
        }
    }
}

fn functions() -> String {
    page("Scalar functions", "functions", |c| matches!(c, Callable::Scalar(_) | Callable::Special(_)))
}

fn aggregates() -> String {
    page("Aggregation functions", "aggregates", |c| matches!(c, Callable::Aggregate(_)))
}

fn plugins() -> String {
    page("Plugins", "plugins", |c| matches!(c, Callable::Plugin(_)))
}

/// A page of rows, with the examples that stand in a folder of `tests/spec`.
fn page(title: &str, folder: &str, of: fn(&Callable) -> bool) -> String {
    let mut out = format!("# {title}\n\nMade from the registry; do not edit.\n");
    let mut all: Vec<Callable> = callable::all().filter(of).collect();
    all.sort_by_key(|callable| callable.name());
    let pages = pages(folder);
    for callable in all {
        section(&mut out, callable);
        out.push_str(&example(&pages, callable.name()).unwrap_or_default());
    }
    out
}

/// The specifications in a folder of `tests/spec`.
fn pages(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/spec").join(folder)];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                pages.push(path);
            }
        }
    }
    pages
}

/// The first short example on the page that has the function's name.
fn example(pages: &[PathBuf], name: &str) -> Option<String> {
    let page = pages.iter().find(|p| p.file_stem().is_some_and(|stem| stem == name))?;
    let document = Document::parse(&std::fs::read_to_string(page).expect("a page can be read"), page)
        .expect("a page can be parsed");
    let shown = |case: &Case| {
        let Expected::Table(rows) = &case.expected else { return None };
        let lines: Vec<&str> = case.query.lines().chain(rows.iter().map(String::as_str)).collect();
        let short = lines.len() <= EXAMPLE.0 && lines.iter().all(|line| line.chars().count() <= EXAMPLE.1);
        let whole = case.tables.is_empty() && case.settings.data.is_empty();
        let about = case.query.contains(&format!("{name}("));
        (short && whole && about).then(|| format!("\n```kql\n{}\n```\n\n{}\n", case.query, rows.join("\n")))
    };
    document.cases.iter().find_map(shown)
}

fn operators() -> String {
    let mut out =
        "# Scalar operators\n\nMade from the registry; do not edit.\n\n| operator | meaning |\n| --- | --- |\n"
            .to_owned();
    for f in kql_engine::functions::all().filter(|f| f.is_operator() && !f.name.ends_with("()")) {
        let page = f.page.trim_start_matches("operator:");
        let _ = writeln!(out, "| [`{}`]({SITE}{page}) | {} |", f.name, f.summary);
    }
    out
}

fn section(out: &mut String, callable: Callable) {
    let _ =
        write!(out, "\n## {}\n\n{} [Kusto's page]({SITE}{})\n", callable.name(), callable.summary(), callable.page());
    let aliases: Vec<String> = callable.names().skip(1).map(|a| format!("`{a}`")).collect();
    if !aliases.is_empty() {
        let _ = write!(out, "\nAlso called: {}\n", aliases.join(", "));
    }
    let _ = write!(out, "\n```\n{}\n```\n", callable.signatures().join("\n"));
}
