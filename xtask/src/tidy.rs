//! Repository rules that no compiler checks: who may depend on whom, how long files get, and that the two homes of an
//! operator and its specification agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of code a file may have.
const MAX_LINES: usize = 800;

/// Operators whose two homes have other names: `lookup` is written like `join`, `graph-shortest-paths` like `graph-match`, and a `datatable` is an expression.
const ENGINE_ONLY: [&str; 4] = ["lookup", "datatable", "externaldata", "graph_shortest_paths"];

/// What parses and has no file of its own: operators that do not run yet, each refused with a message, those that another
/// one's file runs, and the pattern that graph operators share.
const NOT_YET: [&str; 4] = ["execute_and_cache", "graph_pattern", "graph_where", "partition_by"];

/// Checks everything; the error lists all that is wrong.
pub fn run() -> Result<(), String> {
    let mut wrong = Vec::new();
    sizes(&mut wrong);
    dependencies(&mut wrong);
    crate::floors::check(&mut wrong);
    operators(&mut wrong);
    names(&mut wrong);
    examples(&mut wrong);
    specified(&mut wrong);
    codes(&mut wrong);
    if wrong.is_empty() {
        println!("tidy");
        return Ok(());
    }
    Err(wrong.join("\n"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        if folder.is_file() {
            found.push(folder);
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                if !matches!(path.file_name().and_then(|n| n.to_str()), Some("target" | ".git" | "snapshots")) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn sizes(wrong: &mut Vec<String>) {
    for path in files(".", "rs") {
        let text = read(&path);
        let code = text.lines().take_while(|l| !l.starts_with("#[cfg(test)]")).count();
        if code > MAX_LINES {
            wrong.push(format!("{}: {code} lines of code, {MAX_LINES} are allowed", path.display()));
        }
    }
}

fn dependencies(wrong: &mut Vec<String>) {
    let rules: [(&str, &[&str]); 5] = [
        ("kql-scan/Cargo.toml", &["kql-parser", "kql-engine", "kql-output", "kql-cli", "datafusion", "tokio"]),
        ("kql-parser/Cargo.toml", &["kql-engine", "kql-output", "kql-cli", "arrow", "datafusion", "tokio"]),
        ("kql-engine/Cargo.toml", &["kql-output", "kql-cli", "clap"]),
        ("kql-server/Cargo.toml", &["kql-cli", "clap", "datafusion"]),
        ("kql-output/Cargo.toml", &["kql-cli", "clap", "indicatif", "reedline", "datafusion", "tokio"]),
    ];
    for (manifest, forbidden) in rules {
        let text = read(Path::new(manifest));
        for name in forbidden {
            if text.lines().any(|l| l.starts_with(&format!("{name}.")) || l.starts_with(&format!("{name} "))) {
                wrong.push(format!("{manifest} must not depend on {name}"));
            }
        }
    }
}

fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    files(folder, extension)
        .iter()
        .filter_map(|p| Some(p.file_stem()?.to_str()?.trim_end_matches('_').to_owned()))
        .filter(|stem| stem != "mod")
        .collect()
}

fn operators(wrong: &mut Vec<String>) {
    let parser = stems("kql-parser/src/grammar/operators", "rs");
    let engine = stems("kql-engine/src/operators", "rs");
    let pages = stems("tests/spec/operators", "md");
    for name in parser.difference(&engine).filter(|n| !NOT_YET.contains(&n.as_str())) {
        wrong.push(format!("the operator {name} has a grammar and nothing in kql-engine/src/operators"));
    }
    for name in engine.difference(&parser).filter(|n| !ENGINE_ONLY.contains(&n.as_str())) {
        wrong.push(format!("the operator {name} is in kql-engine/src/operators and has no grammar"));
    }
    for name in engine.difference(&pages) {
        wrong.push(format!("the operator {name} has no page tests/spec/operators/{name}.md"));
    }
}

/// An aggregate of one state, and a scalar function of several.
const TWICE: [&str; 2] = ["hll_merge", "tdigest_merge"];

/// A function's name stands in the source once, so that a search for it lands on the answer.
fn names(wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for path in files("kql-engine/src/functions", "rs").into_iter().chain(files("kql-engine/src/aggregates", "rs")) {
        for line in read(&path).lines() {
            let Some(name) = line.trim().strip_prefix("name: \"").and_then(|l| l.strip_suffix("\",")) else { continue };
            if !seen.insert(name.to_owned()) && !TWICE.contains(&name) {
                wrong.push(format!("{}: the name \"{name}\" stands in another row too", path.display()));
            }
        }
    }
}

/// The README's example is the one of the engine's own page, which the documentation's tests compile and run.
fn examples(wrong: &mut Vec<String>) {
    let example = |path: &str| {
        let text = read(Path::new(path));
        let (_, behind) = text.split_once("```rust\n")?;
        behind.split_once("```\n").map(|(example, _)| example.to_owned())
    };
    if example("README.md") != example("kql-engine/README.md") {
        wrong.push("README.md: its Rust example is not the one of kql-engine/README.md".to_owned());
    }
}

/// The file of the codes of diagnostics.
const CODES: &str = "kql-parser/src/codes.rs";

/// Source names a code of a diagnostic by its constant; tests may write it out.
fn codes(wrong: &mut Vec<String>) {
    for folder in ["kql-parser/src", "kql-scan/src", "kql-engine/src", "kql-output/src", "kql-cli/src"] {
        for path in files(folder, "rs").into_iter().filter(|p| p != Path::new(CODES)) {
            for (n, line) in read(&path).lines().take_while(|l| !l.starts_with("#[cfg(test)]")).enumerate() {
                if line.split('"').any(is_code) {
                    wrong.push(format!("{}:{}: a code is named by its constant in {CODES}", path.display(), n + 1));
                }
            }
        }
    }
}

/// Whether a text is a code such as `KS142`.
fn is_code(text: &str) -> bool {
    let number = text.strip_prefix("KS").or_else(|| text.strip_prefix("KQ"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Every name a query may use stands in an example of the specification, and every aggregate has a page.
fn specified(wrong: &mut Vec<String>) {
    let mut examples = String::new();
    for page in files("tests/spec", "md") {
        let mut inside = false;
        for line in read(&page).lines() {
            match line.strip_prefix("```") {
                Some(fence) => inside = fence.starts_with("kql"),
                None if inside => examples.extend([line, "\n"]),
                None => {}
            }
        }
    }
    let pages = stems("tests/spec/aggregates", "md");
    for name in registered("aggregates.md") {
        // aliases are on the page of their function
        if !pages.contains(&name.called) && name.main {
            wrong.push(format!("the aggregate {0} has no page tests/spec/aggregates/{0}.md", name.called));
        }
    }
    for (page, follows) in [("functions.md", "("), ("aggregates.md", "("), ("plugins.md", "("), ("operators.md", "")] {
        for name in registered(page) {
            if !occurs(&examples, &format!("{}{follows}", name.called)) {
                wrong.push(format!("no example of tests/spec has {}{follows}", name.called));
            }
        }
    }
}

/// A name in the reference, which is made from the registry.
struct Registered {
    called: String,
    /// Whether it is the first of the names of one thing.
    main: bool,
}

fn registered(page: &str) -> Vec<Registered> {
    let text = read(&Path::new("docs/reference").join(page));
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            found.push(Registered { called: name.to_owned(), main: true });
        } else if let Some((name, _)) = line.strip_prefix("| [`").and_then(|l| l.split_once("`]")) {
            found.push(Registered { called: name.to_owned(), main: true });
        } else if let Some(aliases) = line.strip_prefix("Also called: ") {
            let aliases = aliases.split(", ").map(|a| a.trim_matches('`').to_owned());
            found.extend(aliases.map(|called| Registered { called, main: false }));
        }
    }
    found
}

/// Whether a text has a name that is not a part of a longer one.
fn occurs(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        !(name.starts_with(part) && before.is_some_and(part) || name.ends_with(part) && after.is_some_and(part))
    })
}
