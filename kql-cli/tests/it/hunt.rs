//! `kql hunt`

use crate::made::files::{Event, event_log};
use crate::made::folder::{place, shown};
use serde_json::Value;
use std::path::Path;

const DATA: &str = "\
{\"Timestamp\": \"2026-03-10T11:00:00Z\", \"DeviceName\": \"ws1\", \"ProcessCommandLine\": \"mimikatz\"}
{\"Timestamp\": \"2026-03-10T10:00:00Z\", \"DeviceName\": \"ws2\", \"ProcessCommandLine\": \"C:\\\\straße\\\\rubeus\"}
{\"Timestamp\": \"2026-03-01T10:00:00Z\", \"DeviceName\": \"ws3\", \"ProcessCommandLine\": \"dir\"}
";

fn rule(name: &str, severity: &str, query: &str) -> String {
    format!(
        "id: 1\nname: '{name}'\nseverity: {severity}\nkind: Scheduled\nqueryFrequency: 1h\nqueryPeriod: 1d\n\
         triggerOperator: gt\ntriggerThreshold: 0\ntactics: [Execution]\nrelevantTechniques: [T1059]\n\
         query: |\n  {query}\nentityMappings:\n- entityType: Host\n  fieldMappings:\n  \
         - identifier: HostName\n    columnName: DeviceName\n"
    )
}

/// Rules of every kind of outcome, two of the same name, and a file that is none.
fn evidence() -> tempfile::TempDir {
    let tools = rule("Tools", "High", "DeviceProcessEvents | where ProcessCommandLine has_any ('mimikatz', 'rubeus')");
    let recent = rule("Tools", "Low", "DeviceProcessEvents | where Timestamp > ago(1d)");
    let none = rule("Ünïcode: none", "Medium", "DeviceProcessEvents | where ProcessCommandLine has 'nowhere'");
    let no_data = rule("No data", "Medium", "SigninLogs | where UserPrincipalName has 'x'");
    let wrong = rule("Wrong column", "Low", "DeviceProcessEvents\n  | where NoColumn == 1");
    let refused = rule("Pattern", "Low", "DeviceProcessEvents | where ProcessCommandLine matches regex '['");
    place(&[
        ("rules/a.yaml", tools.as_bytes()),
        ("rules/b.yaml", recent.as_bytes()),
        ("rules/deeper/c.yaml", none.as_bytes()),
        ("rules/deeper/d.yaml", no_data.as_bytes()),
        ("rules/e.yaml", wrong.as_bytes()),
        ("rules/f.yaml", refused.as_bytes()),
        ("rules/g.yaml", b"query: ["),
        ("rules/h.kql", b"// name: Count\nDeviceProcessEvents | summarize count()"),
        ("data/DeviceProcessEvents.ndjson", DATA.as_bytes()),
    ])
}

#[test]
fn what_becomes_of_each_rule() {
    let place = evidence();
    insta::assert_snapshot!(shown(place.path(), &["hunt", "rules", "--data", "data"]));
}

/// The standard output of a run as JSON.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let shown = shown(folder, arguments);
    let (_, output) = shown.split_once("--- standard output\n").expect("output");
    let output = output.split("--- standard error").next().expect("output");
    serde_json::from_str(output).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

#[test]
fn rows_and_reports_in_a_folder() {
    let place = evidence();
    let report = json(place.path(), &["hunt", "rules", "--data", "data", "-o", "out", "--format", "json"]);
    assert_eq!(report["summary"]["hit"], 3);
    assert_eq!(report["summary"]["query_error"], 2);
    assert_eq!(report["now"], "2026-03-10T11:00:00Z");
    let mut files: Vec<String> = std::fs::read_dir(place.path().join("out/rows"))
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, ["00001-Tools.ndjson", "00002-Tools.ndjson", "00007-Count.ndjson"]);
    let rows = std::fs::read_to_string(place.path().join("out/rows/00001-Tools.ndjson")).expect("rows");
    assert_eq!(rows.lines().count(), 2);
    assert!(rows.contains("straße"), "{rows}");
    let page = std::fs::read_to_string(place.path().join("out/report.html")).expect("a page");
    assert!(page.contains("<mark title=\"line 12: has_any &quot;rubeus&quot;\">rubeus</mark>"), "{page}");
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(place.path().join("out/report.json")).expect("a report"))
            .expect("JSON");
    assert_eq!(kept["rules"], report["rules"]);
    // a hunt that finds less leaves nothing of this one
    std::fs::write(place.path().join("one.kql"), "DeviceProcessEvents | where DeviceName == 'ws9'").expect("written");
    shown(place.path(), &["hunt", "one.kql", "--data", "data", "-o", "out"]);
    assert_eq!(std::fs::read_dir(place.path().join("out/rows")).expect("a folder").count(), 0);
}

#[test]
fn times_and_now() {
    let place = evidence();
    std::fs::write(place.path().join("q.kql"), "DeviceProcessEvents | where Timestamp > ago(1h) | project DeviceName")
        .expect("written");
    let hosts = |more: &[&str]| {
        let mut arguments = vec!["hunt", "q.kql", "--data", "data", "--format", "json"];
        arguments.extend(more);
        let report = json(place.path(), &arguments);
        report["rules"][0]["sample"].to_string()
    };
    assert_eq!(hosts(&[]), "[[\"ws1\"]]");
    assert_eq!(hosts(&["--to", "2026-03-10T10:30:00Z"]), "[[\"ws2\"]]");
    assert_eq!(hosts(&["--now", "2026-03-10T10:30:00Z", "--to", "2026-03-10T10:30:00Z"]), "[[\"ws2\"]]");
    assert_eq!(hosts(&["--from", "2026-03-11"]), "null");
}

#[test]
fn exit_status() {
    let place = evidence();
    let status = |arguments: &[&str]| {
        let shown = shown(place.path(), arguments);
        shown.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(status(&["hunt", "rules/a.yaml", "--data", "data"]), "exit status 0");
    assert_eq!(status(&["hunt", "rules/a.yaml", "--data", "data", "--fail-on-hit"]), "exit status 3");
    assert_eq!(status(&["hunt", "rules/deeper", "--data", "data", "--fail-on-hit"]), "exit status 0");
    assert_eq!(status(&["hunt", "missing", "--data", "data"]), "exit status 2");
    assert_eq!(status(&["hunt", "data", "--data", "data"]), "exit status 2");
    assert_eq!(status(&["hunt", "rules", "--data", "missing"]), "exit status 1");
    assert_eq!(
        status(&["hunt", "rules", "--data", "data", "--from", "2026-03-02", "--to", "2026-03-01"]),
        "exit status 2"
    );
    assert_eq!(status(&["hunt", "rules", "--data", "data", "--timeout", "soon"]), "exit status 2");
    assert_eq!(status(&["hunt", "rules", "--data", "data", "--simulate", "--now", "2026-03-01"]), "exit status 2");
    assert_eq!(status(&["hunt"]), "exit status 2");
    assert_eq!(status(&["hunt", "rules/a.yaml"]), "exit status 2");
    std::fs::write(place.path().join("wrong.kql"), "SigninLogs | where Nothing == 1").expect("a file can be written");
    assert_eq!(status(&["hunt", "wrong.kql", "--data", "data"]), "exit status 1");
}

#[test]
fn a_rule_without_memory_beside_others_runs_again_by_itself() {
    let words = ["bypass", "-ENC", "lsass", "straße", "日本語"];
    let row = |i: usize| {
        let line = format!("{} {} {i}", words[i % 5], words[i / 5 % 5]);
        format!("{{\"DeviceName\": \"h{}\", \"ProcessCommandLine\": \"{line}\", \"ProcessId\": {}}}\n", i % 50, i % 997)
    };
    let rows: String = (0..70_000).map(row).collect();
    // four of these at once need more than there is, which one does not
    let rule = |i: usize| {
        format!(
            "DeviceProcessEvents | summarize Lines = make_list(ProcessCommandLine) by DeviceName, N = ProcessId % {i} | project N, L = array_length(Lines)"
        )
    };
    let rules: Vec<(String, String)> = (5..13).map(|i| (format!("rules/{i}.kql"), rule(i))).collect();
    let mut files: Vec<(&str, &[u8])> = vec![("DeviceProcessEvents.ndjson", rows.as_bytes())];
    files.extend(rules.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    let place = place(&files);
    let little =
        ["hunt", "rules", "--data", "DeviceProcessEvents.ndjson", "--memory", "12MB", "-j", "4", "--format", "json"];
    let report = json(place.path(), &little);
    assert_eq!(report["summary"]["hit"], 8, "{}", report["rules"]);
}

#[test]
fn a_file_that_cannot_be_read_stops_only_its_rules() {
    let place = place(&[
        ("rules/a.kql", b"Broken | where a == 1"),
        ("rules/b.kql", b"T | where n == 1"),
        ("rules/c.kql", b"union T, Broken | count"),
        ("data/Broken.parquet", b"PAR1 is all there is"),
        ("data/T.csv", b"TimeGenerated,n\n2026-01-01T00:00:00Z,1\n"),
    ]);
    let report = json(place.path(), &["hunt", "rules", "--data", "data", "--format", "json"]);
    let words: Vec<&str> = (0..3).filter_map(|at| report["rules"][at]["status"].as_str()).collect();
    assert_eq!(words, ["data_error", "hit", "data_error"]);
}

#[test]
fn names_do_not_control_the_terminal() {
    let rule = "id: 1\nname: \"evil\\e[31mRED\\u202Eb\\nc\"\nseverity: High\nquery: T\n";
    let wrong = "id: 2\nname: \"w\\e[0m\"\nquery: T | where nothing == 1\n";
    let place = place(&[("r/a.yaml", rule.as_bytes()), ("r/b.yaml", wrong.as_bytes()), ("T.csv", b"n\n1\n")]);
    let shown = shown(place.path(), &["hunt", "r", "--data", "T.csv"]);
    assert!(shown.contains("evil␛[31mRED<U+202E>b␊c") && shown.contains("not run: w␛[0m"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}

#[test]
fn what_is_at_fault_is_named() {
    let place = place(&[
        ("r/a.kql", b"\nT | where n == 1"),
        ("T.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc"),
        ("U.csv", b"n\n1\n"),
        ("b.kql", b"U | where n == 1"),
    ]);
    let shown = shown(place.path(), &["hunt", "r", "--data", "T.csv.gz"]);
    assert!(shown.contains("not run: a (r/a.kql): ") && shown.contains("T.csv.gz"), "{shown}");
    assert!(!shown.contains("a.kql:2"), "{shown}");
    for command in [&["hunt", "r", "--data", "U.csv", "-j", "0"][..], &["test", "-j", "0"]] {
        let shown = self::shown(place.path(), command);
        assert!(shown.starts_with("exit status 2") && shown.contains("-j"), "{shown}");
    }
    let none = self::shown(place.path(), &["hunt", "b.kql", "--data", "U.csv", "--simulate"]);
    assert!(none.starts_with("exit status 1") && none.contains("No rule ran: none has a schedule."), "{none}");
}

#[test]
fn a_simulation() {
    let place = evidence();
    insta::assert_snapshot!(shown(
        place.path(),
        &[
            "hunt",
            "rules",
            "--data",
            "data",
            "--simulate",
            "--from",
            "2026-03-10T08:00:00Z",
            "--to",
            "2026-03-10T13:00:00Z"
        ]
    ));
}

#[test]
fn event_logs() {
    let started = |image: &str| Event {
        provider: "Microsoft-Windows-Security-Auditing",
        channel: "Security",
        id: 4688,
        data: vec![
            ("NewProcessName", format!("C:\\Windows\\{image}")),
            ("CommandLine", format!("{image} /c \"dir\" & é")),
        ],
    };
    let log = event_log(&[vec![started("cmd.exe"), started("net.exe")], vec![started("at.exe")]]);
    let queries = [
        "SecurityEvent | where CommandLine has 'cmd' | project CommandLine, EventID",
        "SecurityEvent | where NewProcessName endswith 'net.exe' or CommandLine contains 'É' | project NewProcessName",
        "SecurityEvent | summarize Events = count() by EventID",
        "SecurityEvent | where CommandLine has 'nowhere'",
    ];
    let rules: Vec<(String, &[u8])> =
        queries.iter().enumerate().map(|(i, query)| (format!("rules/{i}.kql"), query.as_bytes())).collect();
    let mut files: Vec<(&str, &[u8])> = rules.iter().map(|(name, query)| (name.as_str(), *query)).collect();
    files.push(("logs/Security.evtx", &log));
    let place = place(&files);
    shown(place.path(), &["hunt", "rules", "--data", "logs", "-o", "out"]);
    for (i, query) in queries.iter().enumerate() {
        let alone = shown(place.path(), &["run", "-q", query, "--data", "logs", "--format", "ndjson"]);
        let alone: Vec<&str> = alone.lines().filter(|line| line.starts_with('{')).collect();
        let rows = place.path().join(format!("out/rows/{:05}-{i}.ndjson", i + 1));
        let hunted = std::fs::read_to_string(rows).unwrap_or_default();
        assert_eq!(hunted.lines().collect::<Vec<_>>(), alone, "{query}");
        assert_eq!(alone.is_empty(), i == 3);
    }
}
