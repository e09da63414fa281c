//! Windows event logs as they lie on the disk: whole, packed, under any name, and damaged.

use crate::made::files::{CHUNK, CHUNKS, Event, RECORDS, event_log, gzip};
use crate::made::folder::{place, shown};
use std::fmt::Write;

fn started(image: &str) -> Event {
    Event {
        provider: "Microsoft-Windows-Security-Auditing",
        channel: "Security",
        id: 4688,
        data: vec![
            ("SubjectUserName", "ann".to_owned()),
            ("SubjectDomainName", "CONTOSO".to_owned()),
            ("NewProcessName", format!("C:\\Windows\\{image}")),
            ("CommandLine", format!("{image} /c \"dir\" & é")),
        ],
    }
}

fn sysmon(image: &str) -> Event {
    Event {
        provider: "Microsoft-Windows-Sysmon",
        channel: "Microsoft-Windows-Sysmon/Operational",
        id: 1,
        data: vec![("Image", image.to_owned()), ("User", "CONTOSO\\ann".to_owned())],
    }
}

/// Two chunks: two events of the channel Security and one of Sysmon, then two more.
fn log() -> Vec<u8> {
    event_log(&[
        vec![started("cmd.exe"), sysmon("C:\\a.exe"), started("net.exe")],
        vec![started("at.exe"), sysmon("C:\\b.exe")],
    ])
}

#[test]
fn a_log_is_recognised_by_its_content() {
    let log = log();
    let packed = gzip(&log);
    let place = place(&[("Security.evtx", &log), ("logs.gz", &packed), ("taken from ws1", &log), ("odd.json", &log)]);
    let mut all = String::new();
    for file in ["Security.evtx", "logs.gz", "taken from ws1", "odd.json"] {
        let _ = writeln!(all, "# {file}\n{}", shown(place.path(), &["data", file]));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn its_records_are_rows() {
    let place = place(&[("x.evtx", &log())]);
    let run = |query: &str, data: &str| shown(place.path(), &["run", "-q", query, "--data", data, "--format", "json"]);
    insta::assert_snapshot!(
        [
            run(
                "SecurityEvent | project TimeGenerated, Computer, EventID, Activity, Account, Process, CommandLine, \
                 EventRecordId, Keywords, SystemProcessId, SystemUserId",
                "x.evtx"
            ),
            run("Event | project Source, EventLog, EventLevelName, ParameterXml, EventData | take 1", "x.evtx"),
            run("Logs | summarize count() by Type | order by Type asc", "Logs=x.evtx"),
        ]
        .join("\n")
    );
}

#[test]
fn damage_is_counted_and_named() {
    let whole = log();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut log = whole.clone();
        change(&mut log);
        log
    };
    let first = CHUNKS + RECORDS;
    let length = |log: &[u8], at: usize| log[at + 4] as usize + 256 * log[at + 5] as usize;
    let second = first + length(&whole, first);
    let files = [
        ("no-record.evtx", changed(&|log| log[second] = b'?')),
        ("no-token.evtx", changed(&|log| log[second + 28] = 0x3f)),
        ("no-chunk.evtx", changed(&|log| log[CHUNKS + CHUNK] = b'?')),
        ("another-value.evtx", changed(&|log| log[first + 200] ^= 1)),
        ("cut-in-a-record.evtx", changed(&|log| log.truncate(CHUNKS + CHUNK + RECORDS + 1500))),
        ("cut-between-records.evtx", changed(&|log| log.truncate(second))),
        ("cut-in-a-chunk-header.evtx", changed(&|log| log.truncate(CHUNKS + CHUNK + 100))),
        ("cut-between-chunks.evtx", changed(&|log| log.truncate(CHUNKS + CHUNK))),
        ("header-alone.evtx", event_log(&[])),
        ("cut-in-the-header.evtx", changed(&|log| log.truncate(100))),
        ("noise.evtx", b"no log at all".to_vec()),
        ("empty.evtx", Vec::new()),
        ("cut.evtx.gz", gzip(&whole)[..70_000].to_vec()),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    let place = place(&files);
    let mut all = String::new();
    for (file, _) in &files {
        let _ = writeln!(all, "# {file}\n{}", shown(place.path(), &["data", file]));
    }
    let strict = ["run", "-q", "SecurityEvent | count", "--strict", "--data"];
    for file in ["no-token.evtx", "no-chunk.evtx"] {
        let _ = writeln!(all, "# {file}, strictly\n{}", shown(place.path(), &[&strict[..], &[file]].concat()));
    }
    insta::assert_snapshot!(all);
}

/// Bytes changed here and there: whatever comes of it, there is a message or a row, and an exit status.
#[test]
fn noise_in_a_log_is_survived() {
    let whole = log();
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let mut state = 7u64;
    for number in 0..150 {
        let mut log = whole.clone();
        for _ in 0..=number % 12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = CHUNKS + (state >> 33) as usize % 6000 + if state & 1 == 0 { CHUNK } else { 0 };
            log[at] = (state >> 20) as u8;
        }
        std::fs::write(place.path().join(format!("{number}.evtx")), log).expect("a file can be written");
    }
    let text = shown(place.path(), &["data", "."]);
    assert!(text.starts_with("exit status 0"), "{text}");
    assert!(text.contains("skipped"), "{text}");
}
