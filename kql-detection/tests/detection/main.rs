//! Test files and what comes out of them: every key, every kind of failure, and the mistakes of a new user.

mod expectations;
mod foreign;
mod hunt;
mod lint;
mod minimise;
mod order;
mod sample;
mod simulate;
mod values;

use kql_detection::{FileReport, Look, ReportFormat, Session, SessionOptions, report, test_files};
use kql_engine::Engine;
use std::path::Path;

/// The folder of the cases, as it is written in messages.
const CASES: &str = "tests/detection/cases";

/// The reports of all tests in a folder.
fn run(folder: &Path, options: SessionOptions) -> Vec<FileReport> {
    let engine = Engine::builder().build().expect("an engine without tables can be built");
    let session = Session::new(engine, options);
    let files = test_files(folder).expect("the folder has tests");
    files.iter().map(|file| session.run(file)).collect()
}

/// A report without times and without the folder of the cases.
fn shown(reports: &[FileReport], format: ReportFormat, verbose: bool) -> String {
    let text = report(reports, format, Look { colours: false, verbose });
    let text = text.replace(&format!("{CASES}/"), "");
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.rsplit_once(", ") {
            Some((before, time)) if time.ends_with(" s") => before,
            _ => line,
        };
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn human(folder: &str, verbose: bool) -> String {
    let reports = run(&Path::new(CASES).join(folder), SessionOptions::default());
    shown(&reports, ReportFormat::Human, verbose)
}

/// What is said about the tests of files in a folder of their own.
fn said(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    let reports = run(folder.path(), SessionOptions::default());
    shown(&reports, ReportFormat::Human, true).replace(&format!("{}/", folder.path().display()), "")
}

/// A text without the values of the attributes and keys that say how long something took, or when.
fn timeless(text: &str) -> String {
    let mut text = text.to_owned();
    for (begin, end) in [("time=\"", "\""), ("timestamp=\"", "\""), ("uuid=\"", "\""), ("\"seconds\":", ",")] {
        let mut from = 0;
        while let Some(at) = text[from..].find(begin).map(|at| from + at + begin.len()) {
            let length = text[at..].find(end).or(text[at..].find('}')).unwrap_or(0);
            text.replace_range(at..at + length, "0");
            from = at + 1;
        }
    }
    text
}

#[test]
fn every_key_of_a_test_file() {
    insta::assert_snapshot!(human("keys", true));
}

#[test]
fn every_kind_of_failure() {
    insta::assert_snapshot!(human("failures", false));
}

#[test]
fn files_at_fault() {
    insta::assert_snapshot!(human("wrong", false));
}

#[test]
fn reports_for_build_servers() {
    let reports = run(&Path::new(CASES).join("reports"), SessionOptions::default());
    for (name, format) in [
        ("json", ReportFormat::Json),
        ("junit", ReportFormat::Junit),
        ("tap", ReportFormat::Tap),
        ("github", ReportFormat::Github),
    ] {
        insta::assert_snapshot!(name, timeless(&shown(&reports, format, false)));
    }
}

#[test]
fn a_filter_selects_tests_by_their_names() {
    let options = SessionOptions { filter: Some("THRESHOLD".to_owned()), ..SessionOptions::default() };
    let reports = run(&Path::new(CASES).join("keys"), options);
    let names: Vec<&str> = reports.iter().flat_map(|r| &r.verdicts).map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["another threshold"]);
}

#[test]
fn update_writes_a_snapshot_that_then_holds() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    write("rule.kql", "Widgets | where Size > 1 | project Name, Size");
    write(
        "rule.test.yaml",
        "tests:\n- name: large\n  given: {Widgets: [{Name: a, Size: 1}, {Name: b, Size: 2}]}\n  \
         expect: {snapshot: large.ndjson}\n",
    );
    let path = folder.path();
    let first = run(path, SessionOptions::default());
    assert_eq!(first.iter().map(FileReport::failed).sum::<usize>(), 1, "there is no snapshot yet");
    let second = run(path, SessionOptions { update: true, ..SessionOptions::default() });
    assert_eq!(second[0].updated, [path.join("large.ndjson")]);
    let written = std::fs::read_to_string(path.join("large.ndjson")).expect("the snapshot is there");
    assert_eq!(written, "{\"Name\":\"b\",\"Size\":2}\n");
    assert!(run(path, SessionOptions::default())[0].verdicts[0].passed());
    // an update leaves a snapshot alone that holds already
    assert!(run(path, SessionOptions { update: true, ..SessionOptions::default() })[0].updated.is_empty());
}
