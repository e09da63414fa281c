//! Runs the Markdown specifications of `tests/spec` and the packages of `queries`, each at several batch sizes and
//! partition counts. `KQL_BLESS=1` writes what the engine answers into the pages. See `tests/README.md`.

mod case_engine;
mod document;
mod run;

use document::Document;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
    let bless = std::env::var_os("KQL_BLESS").is_some();
    let mut pages = Vec::new();
    collect(&root.join("tests/spec"), "md", &mut pages);
    pages.sort();
    let mut packages = Vec::new();
    collect(&root.join("queries"), "md", &mut packages);
    packages.retain(|p| p.file_name().is_some_and(|n| n == "expected.md"));
    packages.sort();
    let mut trials = Vec::new();
    for path in pages.into_iter().chain(packages) {
        let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        if bless {
            let name = shown.clone();
            trials.push(Trial::test(name, move || write_answers(&path, &text)));
            continue;
        }
        let document = match Document::parse(&text, &path) {
            Ok(document) => document,
            Err(error) => {
                trials.push(Trial::test(shown, move || Err(Failed::from(error))));
                continue;
            }
        };
        if document.cases.is_empty() {
            trials.push(Trial::test(shown, || Err(Failed::from("the page has no case"))));
            continue;
        }
        for case in document.cases {
            trials.push(Trial::test(format!("{shown}:{} {}", case.line, case.title), move || run::check(&case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn write_answers(path: &Path, text: &str) -> Result<(), Failed> {
    let document = Document::parse(text, path).map_err(Failed::from)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // from the end, so that line numbers stay true
    for case in document.cases.iter().rev() {
        let answer = run::answer(case)?;
        let new: Vec<String> = answer.lines().map(str::to_owned).collect();
        let (from, to) = case.expected_lines;
        let mut block = new;
        if from == to {
            block.insert(0, String::new());
        }
        lines.splice(from..to, block);
    }
    let mut written = lines.join("\n");
    written.push('\n');
    std::fs::write(path, written).map_err(|e| Failed::from(e.to_string()))
}
