//! The pages of `docs/reference` are made from the registry; this says whether they are current. `KQL_BLESS=1` writes
//! them.

use kql_engine::registry::{AggregateFunction, ScalarFunction, Signature};
use std::fmt::Write;
use std::path::Path;

#[path = "coverage/mod.rs"]
mod coverage;

const SITE: &str = "https://learn.microsoft.com/kusto/query/";

#[test]
fn the_reference_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    let pages = [
        ("functions.md", functions()),
        ("operators.md", operators()),
        ("aggregates.md", aggregates()),
        ("coverage.md", coverage::page()),
    ];
    for (name, text) in pages {
        let path = folder.join(name);
        if std::env::var_os("KQL_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(have == text, "docs/reference/{name} is not current: KQL_BLESS=1 cargo test --test reference");
    }
}

#[test]
fn every_row_says_what_it_is() {
    let mut names = std::collections::BTreeSet::new();
    for f in kql_engine::functions::all() {
        assert!(f.summary.ends_with('.'), "{} has no sentence", f.name);
        assert!(!f.signatures.is_empty(), "{} has no signature", f.name);
        assert!(names.insert(f.name), "{} is there twice", f.name);
        for alias in f.aliases {
            assert!(names.insert(alias), "{alias} is there twice");
        }
    }
    for f in kql_engine::aggregates::all() {
        assert!(f.summary.ends_with('.'), "{} has no sentence", f.name);
    }
}

fn functions() -> String {
    let mut out = "# Scalar functions\n\nMade from the registry; do not edit.\n".to_owned();
    let mut all: Vec<&ScalarFunction> =
        kql_engine::functions::all().filter(|f| !f.is_operator() && !f.name.ends_with("()")).collect();
    all.sort_by_key(|f| f.name);
    for f in all {
        section(&mut out, f.name, f.aliases, f.signatures, f.summary, f.page);
    }
    out
}

fn aggregates() -> String {
    let mut out = "# Aggregation functions\n\nMade from the registry; do not edit.\n".to_owned();
    let mut all: Vec<&AggregateFunction> = kql_engine::aggregates::all().collect();
    all.sort_by_key(|f| f.name);
    for f in all {
        section(&mut out, f.name, f.aliases, f.signatures, f.summary, f.page);
    }
    out
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

fn section(out: &mut String, name: &str, aliases: &[&str], signatures: &[Signature], summary: &str, page: &str) {
    let _ = write!(out, "\n## {name}\n\n{summary} [Kusto's page]({SITE}{page})\n");
    if !aliases.is_empty() {
        let _ =
            write!(out, "\nAlso called: {}\n", aliases.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", "));
    }
    out.push_str("\n```\n");
    for signature in signatures {
        let _ = writeln!(out, "{}", signature.text(name));
    }
    out.push_str("```\n");
}
