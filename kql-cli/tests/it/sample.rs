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
fn a_version_that_cannot_run_is_not_a_difference() {
    let place = place(&[
        ("T.csv", b"TimeGenerated,n\n2026-03-01T00:00:00Z,1\n2026-03-03T00:00:00Z,2\n"),
        ("a.kql", b"T | where n == 1"),
        ("b.kql", b"T | where nothing == 1"),
        ("c.kql", b"T | project other = n"),
        ("d.kql", b"T | where n == 1 | project-away TimeGenerated"),
        ("day.kql", b"T | where TimeGenerated > ago(1d)"),
        ("week.kql", b"T | where TimeGenerated > ago(7d)"),
    ]);
    let diff = |arguments: &[&str]| kql(place.path(), &[&["diff", "--data", "T.csv"], arguments].concat());
    assert_eq!(diff(&["a.kql", "b.kql", "--exit-code"]).status.code(), Some(2));
    assert_eq!(diff(&["a.kql", "b.kql"]).status.code(), Some(1));
    assert_eq!(diff(&["a.kql", "d.kql", "--exit-code"]).status.code(), Some(1));
    assert_eq!(diff(&["a.kql", "a.kql", "--exit-code"]).status.code(), Some(0));
    let incomparable = printed(&diff(&["a.kql", "c.kql"]));
    assert!(
        incomparable.ends_with("1 row before, 2 now: no column is in both versions, so that rows cannot be compared\n")
    );
    std::fs::create_dir(place.path().join("folder")).expect("a folder");
    let mixed = diff(&["folder", "a.kql"]);
    assert_eq!(mixed.status.code(), Some(2));
    assert!(said(&mixed).contains("folder is a folder and a.kql is a file"), "{}", said(&mixed));
    // the time is that of the data, as in a hunt
    let timed = diff(&["day.kql", "week.kql"]);
    assert!(printed(&timed).contains("1 row before, 2 now"), "{}", printed(&timed));
    assert!(said(&timed).contains("now() is 2026-03-03T00:00:00Z, the latest time in the data"), "{}", said(&timed));
    assert_eq!(said(&diff(&["a.kql", "d.kql"])), "");
}

#[test]
fn fields_of_versions_are_compared() {
    let rule = |period: &str, more: &str| {
        format!("id: 1\nname: r\nkind: Scheduled\nqueryFrequency: 1h\nqueryPeriod: {period}\n{more}query: T\n")
    };
    let (old, new) = (rule("1h", ""), rule("1d", "severity: High\n"));
    let place = place(&[
        ("old/r.yaml", old.as_bytes()),
        ("new/r.yaml", new.as_bytes()),
        ("old/s.kql", b"T"),
        ("new/s.kql", b"T"),
        ("T.csv", b"n\n1\n"),
    ]);
    let folders = kql(place.path(), &["diff", "old", "new", "--data", "T.csv", "--exit-code"]);
    assert_eq!(folders.status.code(), Some(1));
    let expected = "r.yaml\nfields\n  + severity: High\n  ~ queryPeriod: 1h is now 1d\nthe same query\n1 of 2 rules are the same\n";
    assert_eq!(printed(&folders), expected);
    let files = kql(place.path(), &["diff", "old/r.yaml", "new/r.yaml", "--data", "T.csv", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_slice(&files.stdout).expect("an object");
    assert_eq!((&object["rule"], &object["same"]), (&"r".into(), &false.into()));
    assert_eq!(object["fields"][1], serde_json::json!({"name": "queryPeriod", "old": "1h", "new": "1d"}));
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
    // what is there is not written over
    let again = kql(place.path(), &run);
    assert_eq!((again.status.code(), said(&again).contains("--force")), (Some(2), true), "{}", said(&again));
    assert!(kql(place.path(), &[&run[..], &["--force"]].concat()).status.success());
    let now = kql(place.path(), &["minimise", "rule.kql", "--data", "T.ndjson", "-o", "other"]);
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

#[cfg(unix)]
#[test]
fn a_python_that_says_nothing() {
    let rule = "title: Shell\nlogsource:\n  category: x\ndetection:\n  condition: a\n";
    let place = place(&[("rule.yml", rule.as_bytes()), ("T.csv", b"n\n1\n")]);
    for python in ["false", "true"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kql"));
        let command = command.args(["hunt", "rule.yml", "--data", "T.csv"]).current_dir(place.path());
        let output = command.env("KQL_PYTHON", python).output().expect("the program runs");
        let expected = format!("{python} ended without an answer");
        assert!(printed(&output).contains(&expected), "{}{}", printed(&output), said(&output));
    }
    let linted = kql(place.path(), &["lint", "rule.yml"]);
    assert!(said(&linted).contains("1 file of Sigma rules not linted"), "{}", said(&linted));
}

/// Only where pySigma is installed.
#[test]
fn correlation_rules_are_listed() {
    let plain = "title: One\nname: one\nlogsource: {category: process_creation, product: windows}\n\
                 detection: {a: {Image: x}, condition: a}\n";
    let correlation =
        "title: Many\ncorrelation: {type: event_count, rules: [one], timespan: 1h, condition: {gte: 10}}\n";
    let both = format!("{plain}---\n{correlation}");
    let place =
        place(&[("rules/both.yml", both.as_bytes()), ("rules/many.yml", correlation.as_bytes()), ("T.csv", b"n\n1\n")]);
    let output = kql(place.path(), &["hunt", "rules", "--data", "T.csv"]);
    if printed(&output).contains("not installed") || printed(&output).contains("cannot be started") {
        return;
    }
    let listed = printed(&output).matches("the correlation rule 'Many' is not converted").count();
    assert_eq!(listed, 2, "{}", printed(&output));
    assert!(printed(&output).contains("of 1 rule hit"), "{}", printed(&output));
}
