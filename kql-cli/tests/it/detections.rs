//! `kql test`, `kql why` and `kql explain`.

use crate::made::folder::{place, shown};
use std::path::Path;

const RULE: &str = "\
id: 1
name: Tools
severity: High
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
query: |
  let tools = dynamic(['mimikatz', 'rubeus']);
  DeviceProcessEvents
  | where Timestamp > ago(1d)
  | where ProcessCommandLine has_any (tools) and AccountName != 'system'
  | summarize Runs = count() by DeviceName
  | where Runs >= 2
";

const TESTS: &str = "\
now: 2026-03-10T12:00:00Z
defaults:
  DeviceProcessEvents: {Timestamp: now-1h, DeviceName: ws1, AccountName: ana, ProcessCommandLine: mimikatz}
tests:
- name: twice
  given: {DeviceProcessEvents: [{}, {ProcessCommandLine: rubeus.exe}, {AccountName: system}]}
  expect: {rows: [{DeviceName: ws1, Runs: 2}], alerts: fires}
- name: once
  each: DeviceProcessEvents
  miss: [{}]
";

const DATA: &str = "\
{\"Timestamp\": \"2026-03-10T11:00:00Z\", \"DeviceName\": \"ws1\", \"AccountName\": \"ana\", \"ProcessCommandLine\": \"mimikatz\"}
{\"Timestamp\": \"2026-03-10T11:00:00Z\", \"DeviceName\": \"ws1\", \"AccountName\": \"ana\", \"ProcessCommandLine\": \"rubeus\"}
{\"Timestamp\": \"2026-03-10T11:00:00Z\", \"DeviceName\": \"ws2\", \"AccountName\": \"system\", \"ProcessCommandLine\": \"rubeus\"}
{\"Timestamp\": \"2026-03-09T11:00:00Z\", \"DeviceName\": \"ws3\", \"AccountName\": \"ana\", \"ProcessCommandLine\": \"rubeus\"}
{\"Timestamp\": \"2026-03-10T11:00:00Z\", \"DeviceName\": \"ws4\", \"AccountName\": \"ana\", \"ProcessCommandLine\": \"rubeus\"}
";

/// The output without the time that the tests took.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" s") => before.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn tests_pass_and_fail() {
    let failing = TESTS.replace("Runs: 2}", "Runs: 3}").replace("miss: [{}]", "hit: [{}]");
    let place = place(&[
        ("good/rule.yaml", RULE.as_bytes()),
        ("good/rule.test.yaml", TESTS.as_bytes()),
        ("bad/rule.yaml", RULE.as_bytes()),
        ("bad/rule.test.yaml", failing.as_bytes()),
        ("none/rule.yaml", RULE.as_bytes()),
    ]);
    let mut all = String::new();
    for arguments in [
        &["test", "good"][..],
        &["test", "good", "-v", "-k", "twice"],
        &["test", "bad"],
        &["test", "good", "-k", "nothing"],
        &["test", "none/rule.yaml"],
        &["test", "absent"],
    ] {
        all += &format!("$ kql {}\n{}\n", arguments.join(" "), timeless(&shown(place.path(), arguments)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn coverage_and_mutants() {
    let place = place(&[("rule.yaml", RULE.as_bytes()), ("rule.test.yaml", TESTS.as_bytes())]);
    let mut all = String::new();
    for arguments in [
        &["test", "--coverage"][..],
        &["test", "--coverage=json"],
        &["test", "--coverage=lcov"],
        &["test", "--coverage=html"],
        &["test", "--coverage=navigator"],
        &["test", "--mutate", "-j", "1"],
    ] {
        all += &format!("$ kql {}\n{}\n", arguments.join(" "), timeless(&shown(place.path(), arguments)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn rows_are_followed() {
    let place = place(&[("rule.yaml", RULE.as_bytes()), ("data/DeviceProcessEvents.ndjson", DATA.as_bytes())]);
    let now = ["--now", "2026-03-10T12:00:00Z", "--data", "data"];
    let mut all = String::new();
    for arguments in [
        &["why", "rule.yaml", "--row", "DeviceName startswith 'ws'"][..],
        &["why", "rule.yaml", "--row", "DeviceName == 'ws2'", "--format", "json"],
        &["why", "rule.yaml", "--row", "DeviceName == 'nobody'"],
        &["why", "rule.yaml", "--row", "DeviceNme == 'ws1'"],
        &["why", "-q", "print 1", "--row", "true"],
        &["explain", "rule.yaml"],
    ] {
        let arguments: Vec<&str> = arguments.iter().chain(&now).copied().collect();
        all += &format!("$ kql {}\n{}\n", arguments.join(" "), shown(place.path(), &arguments));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn rows_of_other_sides_are_followed() {
    let place = place(&[
        ("data/A.ndjson", b"{\"Name\":\"x\",\"Size\":1}\n{\"Name\":\"y\",\"Size\":2}\n"),
        ("data/B.ndjson", b"{\"Name\":\"X\",\"Owner\":\"ana\"}\n{\"Name\":\"y\",\"Owner\":\"ben\"}\n"),
    ]);
    let mut all = String::new();
    for query in [
        "A | join kind=inner B on Name",
        "A | join kind=inner B on Name | where Owner == 'x'",
        "A | lookup B on Name | where Size > 5",
        "A | where Name in (B)",
        "search 'cat'",
        "search in (A, B) 'ben'",
        "find in (A, B) where Owner == 'ben' project Owner",
        "let n = toscalar(B | count); A | where Size == n",
        "B | where Name == 'y' | evaluate pivot(Owner) | where ben == 5",
        "B | extend p = pack('a', 1) | evaluate bag_unpack(p) | where a == 2",
        "A | where Size == 1",
    ] {
        let arguments =
            ["why", "-q", query, "--table", "B", "--row", "Owner == 'ana' or Owner == 'ben'", "--data", "data"];
        all += &format!("$ {query}\n{}\n", shown(place.path(), &arguments));
    }
    for arguments in [
        ["why", "-q", "B | evaluate pivot(Owner)", "--row", "Owner == 'ana'", "--limit", "1"],
        ["why", "-q", "A | where Size > 10", "--row", "Name == 'x'", "--limit", "0"],
        ["why", "-q", "A | where Size > 10", "--row", "Name == 'q'", "--limit", "1"],
        ["why", "-q", "A | where Sze > 10", "--row", "Name == 'q'", "--limit", "1"],
        ["why", "-q", "A | where Size > 10", "--row", "Nme == 'q'", "--limit", "1"],
    ] {
        let arguments: Vec<&str> = arguments.iter().chain(&["--data", "data"]).copied().collect();
        all += &format!("$ kql {}\n{}\n", arguments.join(" "), shown(place.path(), &arguments));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_let_that_is_used_twice_says_so() {
    let place = place(&[("data/B.ndjson", b"{\"Name\":\"x\"}\n{\"Name\":\"y\"}\n")]);
    let query = "let x = B | where Name == 'x'; x | union x";
    let shown = shown(place.path(), &["explain", "--analyze", "-q", query, "--data", "data"]);
    let steps: Vec<&str> = shown.lines().filter(|line| line.contains("B")).collect();
    assert!(shown.contains("| where Name == 'x'  ×2"), "{shown}");
    assert!(steps.iter().any(|line| line.ends_with("x")), "{shown}");
}

#[test]
fn a_report_that_cannot_be_written_is_a_fault() {
    let place = place(&[("rule.yaml", RULE.as_bytes()), ("rule.test.yaml", TESTS.as_bytes())]);
    let shown = shown(place.path(), &["test", "--format", "junit", "-o", "absent/report.xml"]);
    assert!(shown.starts_with("exit status 2\n") && shown.contains("absent/report.xml cannot be written"), "{shown}");
}

#[test]
fn the_test_files_of_a_rule_kill_its_mutants_together() {
    let (once, twice) = (TESTS.find("- name: once").expect("a test"), TESTS.find("- name: twice").expect("a test"));
    let head = format!("rule: rule.yaml\n{}", TESTS.get(..twice).expect("the keys"));
    let one = format!("{head}{}", TESTS.get(twice..once).expect("a test"));
    let other = format!("{head}{}", TESTS.get(once..).expect("a test"));
    let together = place(&[("rule.yaml", RULE.as_bytes()), ("rule.test.yaml", TESTS.as_bytes())]);
    let apart = place(&[
        ("rule.yaml", RULE.as_bytes()),
        ("one.test.yaml", one.as_bytes()),
        ("other.test.yaml", other.as_bytes()),
    ]);
    let killed = |folder: &Path| {
        let shown = shown(folder, &["test", "--mutate", "--format", "json"]);
        let line = shown.lines().find(|line| line.starts_with('{')).expect("a report").to_owned();
        let report: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let rules = report["rules"].as_array().expect("rules").clone();
        let count = |key: &str| rules[0][key].as_array().map(Vec::len);
        (rules.len(), rules[0]["killed"].clone(), count("survivors"), count("unreached"))
    };
    assert_eq!(killed(together.path()), killed(apart.path()));
    assert_eq!(killed(apart.path()).0, 1);
}

#[test]
fn steps_are_counted() {
    let place = place(&[("rule.yaml", RULE.as_bytes()), ("data/DeviceProcessEvents.ndjson", DATA.as_bytes())]);
    let arguments =
        ["explain", "--analyze", "rule.yaml", "--format", "json", "--now", "2026-03-10T12:00:00Z", "--data", "data"];
    let shown = shown(place.path(), &arguments);
    let steps: Vec<serde_json::Value> = shown.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let rows: Vec<Option<u64>> = steps.iter().map(|step| step["rows"].as_u64()).collect();
    assert_eq!(rows, [Some(5), Some(4), Some(3), Some(2), Some(1)], "{shown}");
}

#[test]
fn the_detections_of_the_project_pass_their_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shown = shown(&root, &["test", "queries"]);
    assert!(shown.starts_with("exit status 0\n") && shown.contains(" passed in "), "{shown}");
}
