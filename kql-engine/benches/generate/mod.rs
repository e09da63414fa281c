//! Process events as an endpoint sensor reports them, generated: the same rows for the same number.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringBuilder, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The time that the last event is just before: 2026-03-10T12:00:00Z, in microseconds since 1970.
const END: i64 = 1_773_144_000_000_000;
/// The events are spread over seven days.
const SPAN: i64 = 7 * 86_400 * 1_000_000;

const CMDLETS: [&str; 4] = ["Search-Mailbox", "Set-InboxRule", "New-TransportRule", "Remove-MoveRequest"];

/// File, folder and command line; `@` is replaced by a number.
const SHAPES: [(&str, &str, &str); 10] = [
    (
        "msedge.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application",
        r#""C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=renderer --lang=en-US --renderer-client-id=@ /prefetch:1"#,
    ),
    ("svchost.exe", r"C:\Windows\System32", r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule"),
    (
        "powershell.exe",
        r"C:\Windows\System32\WindowsPowerShell\v1.0",
        r#"powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "Get-ChildItem -Path C:\Users\user@\Documents -Recurse""#,
    ),
    (
        "cmd.exe",
        r"C:\Windows\System32",
        r#"cmd.exe /c "reg query HKLM\SOFTWARE /s | findstr DisplayName > C:\Temp\out@.txt""#,
    ),
    (
        "backgroundTaskHost.exe",
        r"C:\Windows\System32",
        r"C:\Windows\System32\backgroundTaskHost.exe -ServerName:App.AppX@.mca",
    ),
    (
        "pwsh.exe",
        r"C:\Program Files\PowerShell\7",
        r#"pwsh.exe -Command "Get-MailboxStatistics | Export-Csv report@.csv""#,
    ),
    ("python3", "/usr/bin", r"/usr/bin/python3 /opt/agent/collect.py --host node@ --interval 60"),
    ("conhost.exe", r"C:\Windows\System32", r"C:\Windows\System32\conhost.exe 0xffffffff -ForceV1"),
    (
        "rundll32.exe",
        r"C:\Windows\System32",
        r#"rundll32.exe "C:\Windows\system32\shell32.dll",Control_RunDLL input.dll,,@"#,
    ),
    ("taskhostw.exe", r"C:\Windows\System32", ""),
];

const PARENTS: [&str; 4] = ["explorer.exe", "services.exe", "cmd.exe", "WmiPrvSE.exe"];

/// The text columns, in order; `Timestamp` stands before them and `ProcessId` behind.
const TEXTS: [&str; 10] = [
    "DeviceId",
    "DeviceName",
    "AccountName",
    "AccountDomain",
    "FileName",
    "FolderPath",
    "SHA256",
    "ProcessCommandLine",
    "InitiatingProcessFileName",
    "InitiatingProcessCommandLine",
];

struct Events {
    state: u64,
    rows: usize,
    row: usize,
}

struct Event {
    time: i64,
    texts: [String; 10],
    process: i64,
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.row == self.rows {
            return None;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let r = self.state;
        let (file, folder, line) = SHAPES[r as usize % SHAPES.len()];
        let mut command = line.replace('@', &(r >> 44).to_string());
        if matches!(file, "powershell.exe" | "pwsh.exe") {
            match (r >> 8) % 200 {
                0 => command += &format!(" {} -Identity user{}", CMDLETS[(r >> 20) as usize % 4], (r >> 30) % 500),
                1 => command += &format!(" {}AuditLog", CMDLETS[(r >> 20) as usize % 4]),
                _ => {}
            }
        }
        let device = (r >> 24) % 2000;
        let user = (r >> 36) % 500;
        let event = Event {
            time: END - SPAN + (SPAN as i128 * self.row as i128 / self.rows as i128) as i64,
            texts: [
                format!("{:040x}", u128::from(device).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
                format!("host{device:04}.contoso.com"),
                format!("user{user}"),
                "contoso".to_owned(),
                file.to_owned(),
                format!("{folder}\\{file}"),
                format!("{:064x}", u128::from(r).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
                command,
                PARENTS[(r >> 50) as usize % 4].to_owned(),
                format!(r"C:\Windows\{} -parent {}", PARENTS[(r >> 50) as usize % 4], (r >> 40) % 1000),
            ],
            process: (r >> 33) as i64 % 60_000,
        };
        self.row += 1;
        Some(event)
    }
}

/// `rows` events as `DeviceProcessEvents.parquet` and `DeviceProcessEvents.ndjson` in folders of their own below
/// `folder`; files that are there already are taken.
pub fn process_events(folder: &Path, rows: usize) -> (PathBuf, PathBuf) {
    let parquet = folder.join(format!("parquet-{rows}/DeviceProcessEvents.parquet"));
    let ndjson = folder.join(format!("ndjson-{rows}/DeviceProcessEvents.ndjson"));
    let events = || Events { state: 0x9e37_79b9_7f4a_7c15, rows, row: 0 };
    fresh(&parquet, |file| write_parquet(file, events()));
    fresh(&ndjson, |file| write_ndjson(file, events()));
    (parquet, ndjson)
}

/// Writes under another name first, so that a run that was broken off leaves nothing half done.
fn fresh(path: &Path, write: impl FnOnce(File)) {
    if path.exists() {
        return;
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    let part = path.with_extension("part");
    write(File::create(&part).expect("the file can be made"));
    std::fs::rename(&part, path).expect("the file can be named");
}

fn write_parquet(file: File, mut events: Events) {
    let mut fields =
        vec![Field::new("Timestamp", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false)];
    fields.extend(TEXTS.iter().map(|name| Field::new(*name, DataType::Utf8, false)));
    fields.push(Field::new("ProcessId", DataType::Int64, false));
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).expect("a writer");
    loop {
        let mut times = Vec::new();
        let mut processes = Vec::new();
        let mut texts: Vec<StringBuilder> = (0..TEXTS.len()).map(|_| StringBuilder::new()).collect();
        for event in events.by_ref().take(65_536) {
            times.push(event.time);
            processes.push(event.process);
            texts.iter_mut().zip(&event.texts).for_each(|(builder, text)| builder.append_value(text));
        }
        if times.is_empty() {
            break;
        }
        let mut columns: Vec<ArrayRef> = vec![Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))];
        columns.extend(texts.iter_mut().map(|b| Arc::new(b.finish()) as ArrayRef));
        columns.push(Arc::new(Int64Array::from(processes)));
        writer.write(&RecordBatch::try_new(schema.clone(), columns).expect("a batch")).expect("written");
    }
    writer.close().expect("closed");
}

fn write_ndjson(file: File, events: Events) {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    for event in events {
        let time = datetime(event.time);
        write!(out, "{{\"Timestamp\":\"{time}\"").expect("written");
        for (name, text) in TEXTS.iter().zip(&event.texts) {
            write!(out, ",\"{name}\":{}", serde_json::Value::from(text.as_str())).expect("written");
        }
        writeln!(out, ",\"ProcessId\":{}}}", event.process).expect("written");
    }
    out.flush().expect("written");
}

/// Microseconds since 1970 as text.
pub fn datetime(micros: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(micros).expect("in range");
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[allow(dead_code)] // a benchmark over memory has no need of it
/// The time that the events end at, as text.
pub fn now() -> String {
    datetime(END)
}
