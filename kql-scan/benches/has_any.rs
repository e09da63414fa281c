//! `has_any` of 14 terms over 250 MB of command lines: GB/s, next to the `regex` crate and one `memmem` pass.
//!
//! `cargo bench --bench has_any`; `KQL_BENCH_MB` changes the size.

use arrow::array::{StringArray, StringBuilder};
use kql_scan::text::{Case, Matcher, Mode};
use std::time::Instant;

const TERMS: [&str; 14] = [
    "Remove-MailboxExportRequest",
    "Remove-MailboxImportRequest",
    "Search-Mailbox",
    "New-ComplianceSearchAction",
    "Remove-MoveRequest",
    "Set-MailboxMessageConfiguration",
    "New-TransportRule",
    "Remove-TransportRule",
    "Set-TransportRule",
    "Disable-TransportRule",
    "Remove-InboxRule",
    "New-InboxRule",
    "Set-InboxRule",
    "Remove-RecoverableItemsCleanup",
];

const SHAPES: [&str; 10] = [
    r#""C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=renderer --lang=en-US --device-scale-factor=1 --renderer-client-id=@ --mojo-platform-channel-handle=@ /prefetch:1"#,
    r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",
    r#"powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "Get-ChildItem -Path C:\Users\user@\Documents -Recurse | Where-Object { $_.Length -gt @ }""#,
    r#"cmd.exe /c "reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall /s | findstr DisplayName > C:\Temp\out@.txt""#,
    r"C:\Windows\System32\backgroundTaskHost.exe -ServerName:App.AppX@.mca",
    r#"pwsh.exe -Command "Get-Mailbox -ResultSize Unlimited | Get-MailboxStatistics | Export-Csv report@.csv""#,
    r"/usr/bin/python3 /opt/agent/collect.py --host node@ --interval 60 --output /var/log/agent/@.json",
    r"C:\Windows\System32\conhost.exe 0xffffffff -ForceV1",
    r#"rundll32.exe "C:\Windows\system32\shell32.dll",Control_RunDLL input.dll,,{C07337D3-DB2C-4D0B-9A93-B722A6C106E2}@"#,
    "",
];

/// Batches of 8192 command lines; one in 500 has a term, one in 500 a name that only looks like one.
fn generate(bytes: usize) -> Vec<StringArray> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut batches, mut total) = (Vec::new(), 0);
    while total < bytes {
        let mut builder = StringBuilder::new();
        for _ in 0..8192 {
            let r = random();
            let shape = SHAPES[r as usize % SHAPES.len()];
            let mut line = shape.replace('@', &(r >> 40).to_string());
            match (r >> 8) % 500 {
                0 => line += &format!(" {} -Identity user", TERMS[(r >> 20) as usize % 14].to_lowercase()),
                1 => line += &format!(" {}AuditLog", TERMS[(r >> 20) as usize % 14]),
                _ => {}
            }
            builder.append_value(&line);
        }
        let batch = builder.finish();
        total += batch.value_data().len();
        batches.push(batch);
    }
    batches
}

/// The best of several runs, in GB/s, and the number of rows found.
fn measure(name: &str, batches: &[StringArray], runs: usize, find: impl Fn(&StringArray) -> usize) -> f64 {
    let bytes: usize = batches.iter().map(|b| b.value_data().len()).sum();
    let mut best = f64::MAX;
    let mut rows = 0;
    for _ in 0..runs {
        let start = Instant::now();
        rows = batches.iter().map(&find).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let speed = bytes as f64 / best / 1e9;
    println!("{name:<44} {speed:>7.2} GB/s  {rows} rows");
    speed
}

fn main() {
    let megabytes = std::env::var("KQL_BENCH_MB").ok().and_then(|mb| mb.parse().ok()).unwrap_or(250);
    let batches = generate(megabytes * 1_000_000);

    let matcher = Matcher::new(&TERMS, Mode::Has, Case::Insensitive);
    let ours = measure("has_any, 14 terms", &batches, 5, |b| matcher.any(b).count_set_bits());

    let one = Matcher::new(&TERMS[2..3], Mode::Has, Case::Insensitive);
    measure("has, 1 term", &batches, 5, |b| one.any(b).count_set_bits());
    let cased = Matcher::new(&TERMS[2..3], Mode::Has, Case::Sensitive);
    measure("has_cs, 1 term", &batches, 5, |b| cased.any(b).count_set_bits());
    let names: Vec<String> = (0..10_000).map(|i| format!("indicator-{i}.example.net")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(TERMS).collect();
    let many = Matcher::new(&names, Mode::Has, Case::Insensitive);
    measure("has_any, 10,014 terms", &batches, 2, |b| many.any(b).count_set_bits());

    let pattern = format!(r"(?i)\b({})\b", TERMS.map(regex::escape).join("|"));
    let regex = regex::Regex::new(&pattern).expect("the pattern is valid");
    let theirs = measure(r"regex (?i)\b(..)\b, row by row", &batches, 2, |b| {
        b.iter().flatten().filter(|v| regex.is_match(v)).count()
    });
    let absent = memchr::memmem::Finder::new("Search-MailboxZ");
    let ceiling = measure("one memmem pass over the bytes", &batches, 5, |b| absent.find_iter(b.value_data()).count());

    println!("has_any is {:.1} times the regex crate and {:.2} of memmem", ours / theirs, ours / ceiling);
}
