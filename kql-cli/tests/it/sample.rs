//! `kql sample`, `kql diff`, `kql minimise`, and Sigma rules.

use crate::made::folder::place;
use std::path::Path;
use std::process::{Command, Output};

const RULE: &str = "SigninLogs\n| where TimeGenerated > ago(1h)\n| where ResultType == '50126'\n\
                    | summarize Tries = count() by UserPrincipalName\n| where Tries >= 3\n";

fn kql(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kql"));
    command.args(arguments).current_dir(folder).output().expect("kql starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_sample_is_a_test_that_passes() {
    let place = place(&[("rule.kql", RULE.as_bytes())]);
    let made = kql(place.path(), &["sample", "rule.kql", "-o", "rule.test.yaml"]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(said(&made).contains("3 rows that the query finds"), "{}", said(&made));
    let tested = kql(place.path(), &["test"]);
    assert!(tested.status.success(), "{}", printed(&tested));
    // what a person may have edited is not written over
    let again = kql(place.path(), &["sample", "rule.kql", "-o", "rule.test.yaml"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("--force"));
    assert!(kql(place.path(), &["sample", "rule.kql", "-o", "rule.test.yaml", "--force"]).status.success());
    let none = kql(place.path(), &["sample", "nothing.kql"]);
    assert_eq!((none.status.code(), said(&none).contains("does not exist")), (Some(2), true));
}

#[test]
fn versions_are_compared() {
    let rows = "{\"n\": 1, \"s\": \"a\"}\n{\"n\": 2, \"s\": \"b\"}\n{\"n\": 3, \"s\": \"c\"}\n";
    let place = place(&[
        ("T.ndjson", rows.as_bytes()),
        ("old/a.kql", b"T | where n < 3"),
        ("new/a.kql", b"T | where n > 1 | extend Risk = 1"),
        ("old/same.kql", b"T | count"),
        ("new/same.kql", b"T | count"),
        ("old/gone.kql", b"T"),
    ]);
    let files = kql(place.path(), &["diff", "old/a.kql", "new/a.kql", "--data", "T.ndjson"]);
    let expected =
        "columns\n  + Risk: long\n2 rows before, 2 now: 1 more, 1 fewer, 0 changed\n- n=1 s=\"a\"\n+ n=3 s=\"c\"\n";
    assert_eq!(printed(&files), expected);
    let folders = kql(place.path(), &["diff", "old", "new", "--data", "T.ndjson", "--exit-code"]);
    assert_eq!(folders.status.code(), Some(1));
    assert!(
        printed(&folders).contains("gone.kql: only in the old version\n1 of 3 rules are the same"),
        "{}",
        printed(&folders)
    );
    let json = kql(place.path(), &["diff", "old/a.kql", "new/a.kql", "--data", "T.ndjson", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_slice(&json.stdout).expect("an object");
    assert_eq!(
        (&object["more"][0]["n"], &object["fewer"][0]["n"], &object["same"]),
        (&3.into(), &1.into(), &false.into())
    );
    let wrong = kql(place.path(), &["diff", "old/a.kql", "none.kql"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_log_becomes_small() {
    let rows: String = (0..300)
        .map(|n| {
            format!(
                "{{\"TimeGenerated\": \"2026-03-10T11:{:02}:00Z\", \"AccountName\": \"eve\", \"n\": {n}}}\n",
                n % 60
            )
        })
        .collect();
    let query = "T | where TimeGenerated > ago(1h) | summarize c = count() by AccountName | where c > 9";
    let place = place(&[("T.ndjson", rows.as_bytes()), ("rule.kql", query.as_bytes())]);
    let run = ["minimise", "rule.kql", "--data", "T.ndjson", "--now", "2026-03-10T12:00:00Z", "-o", "small", "--scrub"];
    let done = kql(place.path(), &run);
    assert!(done.status.success(), "{}", said(&done));
    let kept = std::fs::read_to_string(place.path().join("small/T.ndjson")).expect("a file");
    // ten rows of the last hour; the row at 11:00 is not after it
    assert_eq!(kept.lines().count(), 11, "{kept}");
    assert!(kept.contains("user1") && !kept.contains("eve"), "{kept}");
    let now = kql(place.path(), &["minimise", "rule.kql", "--data", "T.ndjson", "-o", "small"]);
    assert_eq!(now.status.code(), Some(2));
    assert!(said(&now).contains("--now"));
}

#[test]
fn sigma_rules_need_pysigma() {
    let rule = "title: Shell\nlogsource:\n  category: process_creation\n  product: windows\n\
                detection:\n  a: {Image|endswith: '\\\\x.exe'}\n  condition: a\n";
    let tests = "tests: [{name: one, given: {DeviceProcessEvents: [{FolderPath: x}]}, expect: none}]\n";
    let place = place(&[("rule.yml", rule.as_bytes()), ("rule.test.yaml", tests.as_bytes())]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kql"));
    let output = command.args(["test"]).current_dir(place.path()).env("KQL_PYTHON", "no-such-python").output();
    let output = output.expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output).contains("no-such-python cannot be started"), "{}", printed(&output));
}
