//! Many rules over the same data: each finds what it finds alone.

use kql_detection::hunt::{HuntOptions, HuntOutcome, RuleSet, Status, hunt, object, page, read_rules};
use kql_engine::{DataPath, Engine, EngineBuilder, cell};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const WORDS: [&str; 9] =
    ["bypass", "-ENC", "lsass", "straße", "STRASSE", "日本語", "\"quoted\"", "tab\there", "C:\\Windows"];

/// Three tables: one with more rows than a chunk and texts that nearly all differ, one without a time, an empty one.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file can be written");
    let mut lines = String::new();
    for i in 0..70_000_usize {
        let (day, hour) = (1 + i % 9, i % 24);
        let file = ["cmd.exe", "WinWord.EXE", "Kelvin\u{212a}.exe", ""][i % 4];
        let line =
            format!("{} {} {}", WORDS[i % 9], WORDS[i / 9 % 9], if i % 5 == 0 { String::new() } else { i.to_string() });
        let bag = ["null", "{\"a\": 1}", "\"text\"", "[1, 2]"][i / 3 % 4];
        let row = serde_json::json!({
            "Timestamp": format!("2026-03-{day:02}T{hour:02}:00:00Z"), "DeviceName": format!("h{}", i % 50),
            "FileName": file, "ProcessCommandLine": line, "ProcessId": i % 997,
        });
        let row = row.to_string();
        lines.push_str(row.trim_end_matches('}'));
        lines.push_str(&format!(", \"AdditionalFields\": {bag}}}\n"));
    }
    write("DeviceProcessEvents.ndjson", &lines);
    let mut csv = "Computer,Note\n".to_owned();
    (0..300).for_each(|i| csv.push_str(&format!("h{},{}\n", i % 60, WORDS[i % 3])));
    write("Notes.csv", &csv);
    write("Nothing.csv", "a,b\n");
    folder
}

fn engine(data: &Path) -> EngineBuilder {
    let data = DataPath::parse(&data.to_string_lossy());
    Engine::builder().data(data).now("2026-03-09T12:00:00Z").expect("a time")
}

/// Rules of these queries, named by their numbers.
fn rules(queries: &[&str]) -> RuleSet {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (i, query) in queries.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{i:03}.kql")), query).expect("a file can be written");
    }
    read_rules(&[folder.path().to_owned()], kql_engine::Profile::Unified).expect("rules")
}

fn options(sample: usize) -> HuntOptions<'static> {
    HuntOptions { timeout: None, memory: usize::MAX, threads: 2, sample, sink: None, progress: None }
}

fn hunted(engine: &Engine, queries: &[&str], memory: usize) -> HuntOutcome {
    let options = HuntOptions { memory, ..options(usize::MAX) };
    hunt(engine, rules(queries), &options).expect("a hunt")
}

/// The rows of the first result, with how often each is there; the error as text.
fn alone(engine: &Engine, query: &str) -> Result<BTreeMap<Vec<Option<String>>, usize>, String> {
    let answer = engine.query(query).map_err(|error| error.to_string())?;
    let mut rows = BTreeMap::new();
    let table = answer.tables.first().expect("a result");
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let cells = table.schema.columns.iter().zip(batch.columns()).map(|(column, array)| {
                let mut text = String::new();
                cell::text(array.as_ref(), column.ty, row, &mut text);
                (!array.is_null(row)).then_some(text)
            });
            *rows.entry(cells.collect()).or_default() += 1;
        }
    }
    Ok(rows)
}

const QUERIES: &[&str] = &[
    "DeviceProcessEvents | where ProcessCommandLine has 'lsass' | summarize count()",
    "DeviceProcessEvents | where ProcessCommandLine has 'nowhere' | summarize count()",
    "DeviceProcessEvents | where ProcessCommandLine has 'nowhere' | summarize count() by FileName",
    "DeviceProcessEvents | where ProcessCommandLine has 'nowhere' | summarize c = count() | where c == 0",
    "DeviceProcessEvents | where FileName =~ 'winword.exe' and ProcessCommandLine contains '-enc' | summarize count() by DeviceName",
    "DeviceProcessEvents | where FileName contains 'kelvink' | count",
    "DeviceProcessEvents | where FileName == '' or isnull(AdditionalFields) | count",
    "DeviceProcessEvents | where ProcessCommandLine contains 'STRASSE' | count",
    "DeviceProcessEvents | where ProcessCommandLine has_any (dynamic(['日本語', 'nowhere'])) | count",
    "DeviceProcessEvents | where ProcessCommandLine has_all ('lsass', '-enc') | summarize count() by FileName",
    "DeviceProcessEvents | where not(ProcessCommandLine has 'lsass') and FileName !has 'cmd' | count",
    "DeviceProcessEvents | where FileName in~ ('CMD.exe', 'x') or ProcessCommandLine has '69999' | count",
    "DeviceProcessEvents | where FileName has 'word' or ProcessId == 7 | summarize max(Timestamp), count() by ProcessId | top 3 by ProcessId asc",
    "DeviceProcessEvents | where Timestamp > ago(2d) | summarize dcount(DeviceName), min(Timestamp), max(Timestamp)",
    "DeviceProcessEvents | where AdditionalFields == 'text' | count",
    "DeviceProcessEvents | where tostring(AdditionalFields.a) == '1' | count",
    "DeviceProcessEvents | where AdditionalFields has 'text' | count",
    "DeviceProcessEvents | extend FileName = ProcessCommandLine | where FileName has 'lsass' | count",
    "DeviceProcessEvents | project A = ProcessCommandLine | project B = A | where B has 'nowhere'",
    "union (DeviceProcessEvents | project X = FileName), (DeviceProcessEvents | project X = ProcessCommandLine) | where X has 'lsass' | count",
    "union (Notes | project X = Computer), (DeviceProcessEvents | project X = ProcessCommandLine) | where X has 'lsass' | count",
    "union withsource = T DeviceProcessEvents, Notes | summarize count() by T",
    "Notes | join kind = leftouter (DeviceProcessEvents | where ProcessCommandLine has 'nowhere') on $left.Computer == $right.DeviceName | count",
    "Notes | join kind = inner (DeviceProcessEvents | where ProcessCommandLine has 'nowhere') on $left.Computer == $right.DeviceName",
    "Notes | join kind = leftanti (DeviceProcessEvents | where ProcessCommandLine has 'nowhere') on $left.Computer == $right.DeviceName | count",
    "Notes | join kind = rightouter (DeviceProcessEvents | where ProcessId == 3) on $left.Computer == $right.DeviceName | summarize count() by Note",
    "let n = toscalar(DeviceProcessEvents | where FileName has 'nowhere' | count); print n",
    "let x = materialize(DeviceProcessEvents | where ProcessCommandLine has 'lsass'); union (x | count), (x | summarize Count = count() by FileName | project Count)",
    "let x = materialize(DeviceProcessEvents | where ProcessCommandLine has 'nowhere'); x | summarize c = count()",
    "DeviceProcessEvents | where DeviceName in ((Notes | where Note has 'lsass' | distinct Computer)) | summarize count() by DeviceName",
    "DeviceProcessEvents | where ProcessId == 5 | evaluate bag_unpack(AdditionalFields) | summarize count() by tostring(a)",
    "DeviceProcessEvents | where ProcessCommandLine has 'nowhere' | make-series c = count() default = 0 on Timestamp from datetime(2026-03-01) to datetime(2026-03-04) step 1d",
    "DeviceProcessEvents | serialize | where FileName has 'cmd' | extend r = row_number() | where r < 4 | project r, Timestamp, ProcessCommandLine",
    "DeviceProcessEvents | summarize arg_min(Timestamp, ProcessCommandLine) by DeviceName",
    "DeviceProcessEvents | where ProcessCommandLine matches regex '[' and FileName has 'nowhere'",
    "search 'nowhere'",
    "search in (DeviceProcessEvents, Notes) 'lsass' | summarize count() by $table",
    "Notes | where 'lsass' == Note | count",
    "Nothing | where a has 'x'",
    "Nothing | summarize count()",
    "SigninLogs | where UserPrincipalName has 'x'",
    "SigninLogs | summarize n = count() | where n == 0",
    "datatable(a: string) ['x', 'y'] | where a has 'x'",
    "DeviceProcessEvents | where NoColumn == 1",
    "DeviceProcessEvents | where",
];

#[test]
fn the_same_rows_as_alone() {
    let data = data();
    let engine = engine(data.path()).build().expect("an engine");
    let expected: Vec<_> = QUERIES.iter().map(|query| alone(&engine, query)).collect();
    // in memory, and in a temporary file
    for memory in [usize::MAX, 1 << 20] {
        let outcome = hunted(&engine, QUERIES, memory);
        assert_eq!(outcome.rules.len(), QUERIES.len());
        for ((rule, expected), query) in outcome.rules.iter().zip(&expected).zip(QUERIES) {
            let found = match &rule.status {
                Status::Refused(refusal) => Err(refusal.reason.clone()),
                Status::NoHit | Status::NoData => Ok(BTreeMap::new()),
                Status::Hit(hit) => {
                    let mut rows = BTreeMap::new();
                    hit.sample.iter().for_each(|row| *rows.entry(row.clone()).or_default() += 1);
                    Ok(rows)
                }
            };
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(&found, expected, "{query}"),
                (Err(_), Err(_)) => {}
                (found, expected) => panic!("{query}: {found:?} in the hunt, {expected:?} alone"),
            }
        }
        let words: Vec<&str> = outcome.rules.iter().map(|rule| rule.status.word()).collect();
        assert_eq!(words.iter().filter(|word| **word == "query_error").count(), 3, "{words:?}");
        assert_eq!(words.iter().filter(|word| **word == "no_data").count(), 1, "{words:?}");
    }
}

#[test]
fn what_cannot_have_rows_does_not_run() {
    let data = data();
    let engine = engine(data.path()).build().expect("an engine");
    let held = engine.hold(QUERIES, usize::MAX, 1).expect("held");
    let skipped: Vec<&str> =
        held.queries.iter().zip(QUERIES).filter(|(reads, _)| !reads.can_have_rows).map(|(_, q)| *q).collect();
    assert!(skipped.len() >= 6, "{skipped:#?}");
    for query in &skipped {
        // an error is reported in any case
        assert!(alone(&engine, query).map_or(true, |rows| rows.is_empty()), "{query}");
    }
}

#[test]
fn times_restrict_the_rows() {
    let data = data();
    let engine = engine(data.path()).times("2026-03-02", "2026-03-04").expect("times").build().expect("an engine");
    let queries = ["DeviceProcessEvents | summarize min(Timestamp), max(Timestamp), count()", "Notes | count"];
    let outcome = hunted(&engine, &queries, usize::MAX);
    for ((_, hit), query) in outcome.hits().zip(queries) {
        let expected: Vec<_> = alone(&engine, query).expect("rows").into_keys().collect();
        assert_eq!(hit.sample, expected);
    }
    assert!(outcome.tables.iter().all(|table| table.rows < 70_000));
}

#[test]
fn now_is_the_latest_time_in_the_data() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("T.csv"), "TimeGenerated,n\n2020-05-01T00:00:00Z,1\n2020-05-02T00:00:00Z,2\n")
        .expect("written");
    let path = DataPath::parse(&folder.path().to_string_lossy());
    let engine = Engine::builder().data(path).build().expect("an engine");
    let outcome = hunted(&engine, &["T | where TimeGenerated > ago(1h) | project n"], usize::MAX);
    assert_eq!(outcome.hits().next().expect("a hit").1.sample, [[Some("2".to_owned())]]);
    assert!(outcome.notices.iter().any(|notice| notice.contains("2020-05-02T00:00:00")), "{:?}", outcome.notices);
}

#[test]
fn a_rule_is_stopped_when_its_time_is_over() {
    let engine = Engine::builder().build().expect("an engine");
    let queries = ["range a from 1 to 2000000000000 step 1 | where a % 7 == 8", "print 1"];
    let options = HuntOptions { timeout: Some(Duration::from_millis(200)), ..options(1) };
    let outcome = hunt(&engine, rules(&queries), &options).expect("a hunt");
    let words: Vec<&str> = outcome.rules.iter().map(|rule| rule.status.word()).collect();
    assert_eq!(words, ["timeout", "hit"]);
}

const RULE: &str = "\
id: 1
name: <b>Ünïcode</b> & \"quotes\"
severity: High
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
tactics: [DefenseEvasion]
relevantTechniques: [T1070.008]
query: |
  DeviceProcessEvents
  | where ProcessCommandLine has 'lsass' and FileName =~ 'CMD.EXE'
  | project Timestamp, DeviceName, ProcessCommandLine, FileName
entityMappings:
- entityType: Host
  fieldMappings:
  - identifier: HostName
    columnName: DeviceName
";

#[test]
fn a_hit_has_times_and_entities_and_a_page() {
    let data = data();
    let engine = engine(data.path()).build().expect("an engine");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for name in ["a.yaml", "b.yaml"] {
        std::fs::write(folder.path().join(name), RULE).expect("a file can be written");
    }
    std::fs::write(folder.path().join("broken.yaml"), "query: [").expect("a file can be written");
    let set = read_rules(&[folder.path().to_owned()], kql_engine::Profile::Unified).expect("rules");
    let outcome = hunt(&engine, set, &options(3)).expect("a hunt");
    assert_eq!((outcome.rules.len(), outcome.problems.len(), outcome.hits().count()), (2, 1, 2));
    let (_, hit) = outcome.hits().next().expect("a hit");
    assert_eq!(hit.sample.len(), 3);
    assert_eq!(hit.entities.iter().map(|entity| entity.rows).sum::<u64>(), hit.rows);
    assert!(hit.first < hit.last && hit.times.values().sum::<u64>() == hit.rows);
    let page = page(&outcome);
    for expected in [
        "&lt;b&gt;Ünïcode&lt;/b&gt; &amp; &quot;quotes&quot;",
        "T1070.008",
        "Defense evasion",
        ">lsass</mark>",
        ">cmd.exe</mark>",
    ] {
        assert!(page.contains(expected), "{expected} is missing");
    }
    assert!(
        !page.contains("<b>Ünïcode") && !page.contains("http:") && !page.contains("https:"),
        "the page has markup of the rule, or names an address"
    );
    let object = object(&outcome);
    assert_eq!(object["summary"]["hit"], 2);
    assert_eq!(object["rules"][0]["entities"][0]["type"], "Host");
}
