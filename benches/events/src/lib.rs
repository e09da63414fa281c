//! Process events as an endpoint sensor reports them, generated: the same rows for the same number.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
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

/// What a column holds.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Time,
    Text,
    Number,
}

/// Forty columns of DeviceProcessEvents.
const COLUMNS: [(&str, Kind); 40] = [
    ("Timestamp", Kind::Time),
    ("DeviceId", Kind::Text),
    ("DeviceName", Kind::Text),
    ("ActionType", Kind::Text),
    ("FileName", Kind::Text),
    ("FolderPath", Kind::Text),
    ("SHA1", Kind::Text),
    ("SHA256", Kind::Text),
    ("MD5", Kind::Text),
    ("FileSize", Kind::Number),
    ("ProcessVersionInfoCompanyName", Kind::Text),
    ("ProcessVersionInfoProductName", Kind::Text),
    ("ProcessVersionInfoProductVersion", Kind::Text),
    ("ProcessVersionInfoInternalFileName", Kind::Text),
    ("ProcessVersionInfoOriginalFileName", Kind::Text),
    ("ProcessVersionInfoFileDescription", Kind::Text),
    ("ProcessId", Kind::Number),
    ("ProcessCommandLine", Kind::Text),
    ("ProcessIntegrityLevel", Kind::Text),
    ("ProcessTokenElevation", Kind::Text),
    ("ProcessCreationTime", Kind::Time),
    ("AccountDomain", Kind::Text),
    ("AccountName", Kind::Text),
    ("AccountSid", Kind::Text),
    ("AccountUpn", Kind::Text),
    ("AccountObjectId", Kind::Text),
    ("LogonId", Kind::Number),
    ("InitiatingProcessAccountDomain", Kind::Text),
    ("InitiatingProcessAccountName", Kind::Text),
    ("InitiatingProcessAccountSid", Kind::Text),
    ("InitiatingProcessLogonId", Kind::Number),
    ("InitiatingProcessIntegrityLevel", Kind::Text),
    ("InitiatingProcessFileName", Kind::Text),
    ("InitiatingProcessFolderPath", Kind::Text),
    ("InitiatingProcessSHA256", Kind::Text),
    ("InitiatingProcessId", Kind::Number),
    ("InitiatingProcessCommandLine", Kind::Text),
    ("InitiatingProcessCreationTime", Kind::Time),
    ("InitiatingProcessParentId", Kind::Number),
    ("ReportId", Kind::Number),
];

struct Events {
    state: u64,
    rows: usize,
    row: usize,
}

/// The values of an event, in the order of the columns of their kind.
struct Event {
    times: Vec<i64>,
    texts: Vec<String>,
    numbers: Vec<i64>,
}

const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

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
        let parent = PARENTS[(r >> 50) as usize % 4];
        let hash = |of: u64, digits: usize| format!("{:0digits$x}", u128::from(of).wrapping_mul(SPREAD));
        let time = END - SPAN + (SPAN as i128 * self.row as i128 / self.rows as i128) as i64;
        let windows = folder.starts_with('C');
        let sid = |user: u64| format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1000 + user);
        let text = |of: &str| of.to_owned();
        let level = if r.is_multiple_of(7) { "High" } else { "Medium" };
        let event = Event {
            times: vec![time, time - 40_000, time - 3_600_000_000],
            texts: vec![
                hash(device, 40),
                format!("host{device:04}.contoso.com"),
                text("ProcessCreated"),
                text(file),
                format!("{folder}\\{file}"),
                hash(r % 50_000, 40),
                hash(r, 64),
                hash(r % 50_000, 32),
                text(if windows { "Microsoft Corporation" } else { "" }),
                text(if windows { "Microsoft® Windows® Operating System" } else { "" }),
                text(if windows { "10.0.22621.2506" } else { "" }),
                text(file.trim_end_matches(".exe")),
                text(file),
                text(if windows { "Windows process" } else { "" }),
                command,
                text(level),
                text(if r.is_multiple_of(7) { "TokenElevationTypeFull" } else { "TokenElevationTypeLimited" }),
                text("contoso"),
                format!("user{user}"),
                sid(user),
                format!("user{user}@contoso.com"),
                format!("00000000-0000-4000-8000-{user:012x}"),
                text("contoso"),
                format!("user{user}"),
                sid(user),
                text(level),
                text(parent),
                format!(r"C:\Windows\{parent}"),
                hash((r >> 50) % 4, 64),
                format!(r"C:\Windows\{parent} -parent {}", (r >> 40) % 1000),
            ],
            numbers: vec![
                (r >> 20) as i64 % 4_000_000,
                (r >> 33) as i64 % 60_000,
                (r >> 28) as i64 % 10_000_000,
                (r >> 27) as i64 % 10_000_000,
                (r >> 35) as i64 % 60_000,
                (r >> 37) as i64 % 60_000,
                self.row as i64,
            ],
        };
        self.row += 1;
        Some(event)
    }
}

/// Files of the same events.
pub struct Files {
    /// Parquet.
    pub parquet: PathBuf,
    /// A JSON object a line.
    pub ndjson: PathBuf,
    /// Comma-separated values.
    pub csv: PathBuf,
}

/// `rows` events as files called DeviceProcessEvents in folders of their own below `folder`; files that are there already
/// are taken.
pub fn process_events(folder: &Path, rows: usize) -> Files {
    let path = |kind: &str| folder.join(format!("{kind}-40-{rows}/DeviceProcessEvents.{kind}"));
    let files = Files { parquet: path("parquet"), ndjson: path("ndjson"), csv: path("csv") };
    let events = || Events { state: 0x9e37_79b9_7f4a_7c15, rows, row: 0 };
    fresh(&files.parquet, |file| write_parquet(file, events()));
    fresh(&files.ndjson, |file| write_ndjson(file, events()));
    fresh(&files.csv, |file| write_csv(file, events()));
    files
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
    let ty = |kind: Kind| match kind {
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Text => DataType::Utf8,
        Kind::Number => DataType::Int64,
    };
    let fields: Vec<Field> = COLUMNS.iter().map(|(name, kind)| Field::new(*name, ty(*kind), false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).expect("a writer");
    loop {
        let some: Vec<Event> = events.by_ref().take(65_536).collect();
        if some.is_empty() {
            break;
        }
        let (mut times, mut texts, mut numbers) = (0.., 0.., 0..);
        let mut column = |kind: Kind| -> ArrayRef {
            match kind {
                Kind::Time => {
                    let at: usize = times.next().expect("a time");
                    let values = some.iter().map(|e| e.times[at]);
                    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
                }
                Kind::Text => {
                    let at: usize = texts.next().expect("a text");
                    Arc::new(StringArray::from_iter_values(some.iter().map(|e| &e.texts[at])))
                }
                Kind::Number => {
                    let at: usize = numbers.next().expect("a number");
                    Arc::new(Int64Array::from_iter_values(some.iter().map(|e| e.numbers[at])))
                }
            }
        };
        let columns = COLUMNS.iter().map(|(_, kind)| column(*kind)).collect();
        writer.write(&RecordBatch::try_new(schema.clone(), columns).expect("a batch")).expect("written");
    }
    writer.close().expect("closed");
}

/// Writes the fields of an event, each through `field`, which gets its place, its name, its kind and its value.
fn each_field(event: &Event, mut field: impl FnMut(usize, &str, Kind, &str)) {
    let (mut times, mut texts, mut numbers) = (event.times.iter(), event.texts.iter(), event.numbers.iter());
    for (n, (name, kind)) in COLUMNS.iter().enumerate() {
        match kind {
            Kind::Time => field(n, name, *kind, &datetime(*times.next().expect("a time"))),
            Kind::Text => field(n, name, *kind, texts.next().expect("a text")),
            Kind::Number => field(n, name, *kind, &numbers.next().expect("a number").to_string()),
        }
    }
}

fn write_ndjson(file: File, events: Events) {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    for event in events {
        each_field(&event, |n, name, kind, value| {
            let comma = if n == 0 { '{' } else { ',' };
            match kind {
                Kind::Number => write!(out, "{comma}\"{name}\":{value}"),
                _ => write!(out, "{comma}\"{name}\":{}", serde_json::Value::from(value)),
            }
            .expect("written");
        });
        writeln!(out, "}}").expect("written");
    }
    out.flush().expect("written");
}

fn write_csv(file: File, events: Events) {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(out, "{}", names.join(",")).expect("written");
    for event in events {
        each_field(&event, |n, _, _, value| {
            let comma = if n == 0 { "" } else { "," };
            match value.contains(['"', ',', '\n']) {
                true => write!(out, "{comma}\"{}\"", value.replace('"', "\"\"")),
                false => write!(out, "{comma}{value}"),
            }
            .expect("written");
        });
        writeln!(out).expect("written");
    }
    out.flush().expect("written");
}

/// Microseconds since 1970 as text.
pub fn datetime(micros: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(micros).expect("in range");
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The time that the events end at, as text.
pub fn now() -> String {
    datetime(END)
}
