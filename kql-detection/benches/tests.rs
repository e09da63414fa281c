//! How long a test file of 100 cases takes, and a thousand mutants over it.
//!
//! `cargo bench -p kql-detection`

use kql_detection::{Session, SessionOptions, TestPath};
use kql_engine::Engine;
use std::fmt::Write;
use std::path::Path;

fn main() {
    divan::main();
}

/// A rule with two lists, and 100 tests of it.
fn write_files(folder: &Path, items: usize) {
    let list = |name: &str| (0..items).map(|i| format!("\"{name}{i}.exe\"")).collect::<Vec<_>>().join(", ");
    let query = format!(
        "let tools = dynamic([{}]);\nlet words = dynamic([{}]);\nDeviceProcessEvents\n| where Timestamp > ago(1d)\n\
         | where FileName in~ (tools) and AccountName != \"system\"\n| where ProcessCommandLine has_any (words)\n\
         | extend Kind = case(ProcessCommandLine has \"x\", \"X\", \"Z\")\n\
         | project Timestamp, DeviceName, FileName, Kind\n",
        list("tool"),
        list("word")
    );
    let mut tests = "now: 2026-03-10T12:00:00Z\ndefaults:\n  DeviceProcessEvents: {Timestamp: now-1h, FileName: tool1.exe, \
                     ProcessCommandLine: word1.exe, AccountName: ana}\ntests:\n- name: rows\n  each: DeviceProcessEvents\n  \
                     hit:\n"
        .to_owned();
    for i in 0..40 {
        let _ = writeln!(tests, "  - {{FileName: tool{i}.exe}}\n  - {{ProcessCommandLine: word{i}.exe}}");
    }
    tests
        .push_str("  miss: [{FileName: a.exe}, {ProcessCommandLine: a}, {AccountName: system}, {Timestamp: now-1d}]\n");
    for i in 0..16 {
        let _ = writeln!(
            tests,
            "- name: case {i}\n  given: {{DeviceProcessEvents: [{{FileName: tool{i}.exe}}, {{FileName: no{i}}}]}}\n  \
             expect: {{rows: [{{FileName: tool{i}.exe, Kind: Z}}]}}"
        );
    }
    std::fs::write(folder.join("rule.kql"), query).expect("the rule is written");
    std::fs::write(folder.join("rule.test.yaml"), tests).expect("the tests are written");
}

fn session() -> Session {
    Session::new(Engine::builder().build().expect("an engine"), SessionOptions::default())
}

#[divan::bench(sample_count = 10)]
fn a_hundred_cases(bencher: divan::Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path(), 50);
    let (session, path) = (session(), TestPath::File(folder.path().join("rule.test.yaml")));
    bencher.bench_local(|| {
        let report = session.run(&path);
        assert_eq!(report.passed(), 100, "{:?}", report.problems);
    });
}

#[divan::bench(sample_count = 3)]
fn a_thousand_mutants(bencher: divan::Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path(), 490);
    let (session, path) = (session(), TestPath::File(folder.path().join("rule.test.yaml")));
    bencher.bench_local(|| {
        let report = session.mutate(&path, 2).expect("the files can be used");
        let all = report.killed.len() + report.survivors.len() + report.unreached.len();
        assert!(all >= 990, "{all}");
    });
}
