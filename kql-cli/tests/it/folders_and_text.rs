//! Folders whose names are dates, files of KQL text as tables, and what `.export` writes.

use crate::made::folder::{place, shown};
use kql_engine::Engine;
use kql_engine::{DataPath, FolderDates};
use std::fmt::Write;
use std::path::Path;

fn row(time: &str, name: &str) -> Vec<u8> {
    format!("{{\"TimeGenerated\":\"{time}\",\"Computer\":\"{name}\"}}\n").into_bytes()
}

fn hunting(time: &str, name: &str) -> Vec<u8> {
    let record = format!(
        "{{\"time\":\"{time}\",\"category\":\"AdvancedHunting-DeviceInfo\",\"properties\":\
         {{\"Timestamp\":\"{time}\",\"DeviceName\":\"{name}\"}}}}\n"
    );
    record.into_bytes()
}

#[test]
fn folders_that_are_dates_are_one_table() {
    let rows = [row("2026-03-10T05:10:00Z", "a"), row("2026-03-11T05:10:00Z", "b")];
    let place = place(&[
        ("Heartbeat/y=2026/m=03/d=10/h=05/one.json", &rows[0]),
        ("Heartbeat/y=2026/m=03/d=11/h=05/two.json", &rows[1]),
        ("export/Heartbeat/date=2026-03-10/one.ndjson", &rows[0]),
        ("export/Other/date=2026-03-10/one.ndjson", b"{\"n\":1}\n"),
        ("Mine/date=2026-03-10/one.csv", b"n\n1\n"),
        ("Mine/date=2026-03-11/two.csv", b"n\n2\n"),
    ]);
    let mut all = String::new();
    for path in ["Heartbeat", "Heartbeat/y=2026", "export", "Mine", "T=Mine"] {
        let _ = writeln!(all, "# {path}\n{}", shown(place.path(), &["data", path]));
    }
    insta::assert_snapshot!(all);
}

/// The names that a query finds, and how many files it wanted: those that are missing when it runs are told of.
fn found(folder: &Path, dates: FolderDates, query: &str, gone: &[&str]) -> String {
    let engine = Engine::builder().data(DataPath::from(folder)).folder_dates(dates).build().expect("an engine");
    let prepared = engine.prepare(query).expect("a query");
    for file in gone {
        std::fs::remove_file(folder.join(file)).expect("a file can be removed");
    }
    match prepared.run() {
        Ok(answer) => answer.tables[0].batches.iter().map(|batch| batch.num_rows()).sum::<usize>().to_string(),
        Err(error) => error.to_string().replace(&*folder.to_string_lossy(), ""),
    }
}

#[test]
fn files_outside_the_times_are_not_read() {
    const FILES: [&str; 3] = [
        "DeviceInfo/tenantId=1/y=2026/m=03/d=10/h=05/m=00/PT1H.json",
        "DeviceInfo/tenantId=1/y=2026/m=03/d=10/h=06/m=00/PT1H.json",
        "DeviceInfo/tenantId=1/y=2026/m=03/d=11/h=05/m=00/PT1H.json",
    ];
    // the last row of the hour arrived in the next one
    let rows = [
        hunting("2026-03-10T05:59:59.9999999Z", "a"),
        [hunting("2026-03-10T06:00:00Z", "b"), hunting("2026-03-10T05:30:00Z", "late")].concat(),
        hunting("2026-03-11T05:30:00Z", "c"),
    ];
    let files: Vec<(&str, &[u8])> = FILES.iter().zip(&rows).map(|(name, rows)| (*name, rows.as_slice())).collect();
    let ask = |dates, query: &str, gone: &[&str]| {
        let place = place(&files);
        found(place.path(), dates, query, gone)
    };
    let hour =
        "DeviceInfo | where Timestamp between (datetime(2026-03-10T05:00) .. datetime(2026-03-10T05:59:59.9999999))";
    // folders of arrival say nothing of the rows, and all files are read
    assert_eq!(ask(FolderDates::Arrival, hour, &[]), "2");
    let missing = ask(FolderDates::Arrival, hour, &[FILES[2]]);
    assert!(missing.contains("d=11/h=05/m=00/PT1H.json: cannot be read"), "{missing}");
    // folders of the rows' own times: the row that belongs elsewhere is not found
    assert_eq!(ask(FolderDates::Event, hour, &FILES[1..]), "1");
    for (query, gone, count) in [
        ("DeviceInfo | where TimeGenerated >= datetime(2026-03-10T06:00)", &FILES[..1], "2"),
        (
            "DeviceInfo | where Timestamp > datetime(2026-03-10T05:59:59.9999998) | where Timestamp < datetime(2026-03-11)",
            &FILES[2..],
            "2",
        ),
        ("DeviceInfo | where datetime(2026-03-11T05:30) == Timestamp", &FILES[..2], "1"),
        ("DeviceInfo | where Timestamp < datetime(2026-03-10T05:00) or DeviceName == 'c'", &[], "1"),
        ("DeviceInfo | where DeviceName == 'late'", &[], "1"),
    ] {
        assert_eq!(ask(FolderDates::Event, query, gone), count, "{query}");
    }
}

#[test]
fn files_of_kql_text_are_tables() {
    let place = place(&[
        ("watch.kql", b"// addresses to watch\ndatatable(ip: string, since: datetime, tags: dynamic) [\n  '192.0.2.1', datetime(2026-03-01), dynamic(['a']),\n  '192.0.2.2', datetime(null), dynamic(null)\n]\n"),
        ("numbers.csl", b"range n from 1 to 3 step 1 | extend square = n * n"),
        ("SigninLogs.kql", b"datatable(TimeGenerated: datetime, UserPrincipalName: string, ResultType: long, Mine: int) [datetime(2026-03-01), 'ann', 50126, 7]"),
        ("rows.kql", b".create table Orders (Id: long, Name: string, At: datetime, Bag: dynamic)\n\n.ingest inline into table Orders <|\n1,one,2026-03-01,\"{\"\"a\"\":1}\"\n2,\"two, or more\",,\n\n.ingest inline into table Orders with (format = 'psv') <|\n3|three|2026-03-02T10:00:00Z|\n\n.create table Empty (a: int)\n"),
        ("events.kql", b".create-merge table Heartbeat (TimeGenerated: datetime, Computer: string)\n.ingest inline into table Heartbeat <|\n2026-03-01T10:00:00Z,ws1\n"),
        ("unknown.kql", b".ingest inline into table Nobody <|\n1,2\n"),
        ("other.kql", b"SigninLogs | take 1"),
        ("broken.kql", b"datatable(a: long) [1,"),
        ("two.kql", b"print 1; print 2"),
        ("nothing.kql", b"// nothing\n"),
        ("drop.kql", b".drop table T"),
        ("folder/query.kql", b"T | take 1"),
        ("folder/T.csv", b"a\n1\n"),
    ]);
    let mut all = String::new();
    let mut run = |query: &str, data: &[&str]| {
        let mut arguments = vec!["run", "-q", query];
        data.iter().for_each(|path| arguments.extend(["--data", path]));
        let _ = writeln!(all, "# {query}\n{}", shown(place.path(), &arguments));
    };
    run("watch | extend t = gettype(tags)", &["watch.kql"]);
    run("T | join kind=inner numbers on $left.n == $right.square", &["T=numbers.csl", "numbers.csl"]);
    run(
        "SigninLogs | project TimeGenerated, UserPrincipalName, ResultType, Mine, AppDisplayName | getschema",
        &["SigninLogs.kql"],
    );
    run("SigninLogs | project TimeGenerated, UserPrincipalName, ResultType, Mine, AppDisplayName", &["SigninLogs.kql"]);
    run("Orders", &["rows.kql"]);
    run("Empty | union Orders | count", &["rows.kql"]);
    run("Heartbeat | project TimeGenerated, Computer", &["events.kql"]);
    run("T", &["folder"]);
    for bad in ["unknown.kql", "other.kql", "broken.kql", "two.kql", "nothing.kql", "drop.kql"] {
        run("T", &[bad]);
    }
    run("T", &["T=watch.kql", "T=numbers.csl"]);
    let _ = writeln!(all, "# kql data\n{}", shown(place.path(), &["data", "watch.kql", "rows.kql", "SigninLogs.kql"]));
    insta::assert_snapshot!(all);
}

#[test]
fn what_export_writes() {
    let place = place(&[
        ("export_1_a.csv", b"StartTime,EpisodeId,Name,Bag,Span\r\n2007-09-29T08:11:00.0000000Z,11503,\"a, b\",\"{\"\"k\"\":1}\",00:01:00\r\n"),
        ("export_1_b.csv", b"StartTime,EpisodeId,Name,Bag,Span\r\n2007-09-29T09:11:00.0000000Z,11504,,,\r\n"),
    ]);
    let write = ["run", "-q", "T | extend Bag = todynamic(Bag), Span = totimespan(Span)", "--data"];
    let write = shown(place.path(), &[&write[..], &["T=export_1_a.csv", "-o", "export_2_a.parquet"]].concat());
    assert_eq!(write, "exit status 0\n");
    let mut all = String::new();
    for data in [&["--data", "T=export_1_a.csv", "--data", "T=export_1_b.csv"][..], &["--data", "T=export_2_a.parquet"]]
    {
        for query in ["T", "T | getschema | project ColumnName, ColumnType"] {
            let _ = writeln!(all, "{}", shown(place.path(), &[&["run", "-q", query][..], data].concat()));
        }
    }
    insta::assert_snapshot!(all);
}
