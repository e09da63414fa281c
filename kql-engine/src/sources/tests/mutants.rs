//! Damaged files of every format, made from whole ones by seeded changes: no panic, no hang, no defect, and no row lost
//! without a word.
//!
//! `KQL_MUTANTS` is their number for each format. With `KQL_SEEDS`, the whole files are written to that folder, as the
//! first inputs of the fuzz targets.

use super::formats::{Given, ROWS, Random, given, line_formats, text_cell, workbook, zipped};
use super::*;
use crate::error::{Error, run_error};
use arrow::array::{Float64Array, ListBuilder, StringBuilder};
use datafusion::common::DataFusionError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use zip::CompressionMethod;

/// A whole file.
#[derive(Clone)]
struct Sample {
    /// Its name, whose extension is that of its format.
    name: &'static str,
    /// The fuzz target that reads such files.
    target: &'static str,
    /// What is not changed: the header of a text.
    head: usize,
    bytes: Vec<u8>,
    rows: u64,
    /// Each line after the head is a row.
    lines: bool,
}

fn sample(name: &'static str, target: &'static str, bytes: Vec<u8>) -> Sample {
    Sample { name, target, head: 0, bytes, rows: ROWS as u64, lines: false }
}

fn texts() -> Vec<Sample> {
    let of_lines = |(name, head, text): (&'static str, String, String)| {
        let target = match name {
            "a.csv" | "a.tsv" | "a.txt" => "csv",
            "wl.ndjson" => "ndjson",
            _ => "json",
        };
        Sample { head: head.len(), lines: true, ..sample(name, target, (head + &text).into_bytes()) }
    };
    let mut all: Vec<Sample> = line_formats().into_iter().map(of_lines).collect();
    let object =
        |i: usize| format!(r#"{{"Id":{i},"Name":"a \"quoted\" name {i}","Bag":{{"k":[1,"two",{{"x":{i}}}]}}}}"#);
    let objects: Vec<String> = (0..ROWS).map(object).collect();
    let lines = objects.join("\n") + "\n";
    all.push(Sample { lines: true, ..sample("T.ndjson", "ndjson", lines.into_bytes()) });
    all.push(sample("T.json", "json", format!("[{}]", objects.join(",\n ")).into_bytes()));
    all.push(sample("one.json", "json", format!("[{}]", objects.join(",")).into_bytes()));
    let quoted: String = (0..ROWS).map(|i| format!("{i},\"a, \"\"{i}\"\"\",\"two\nlines\",x\r\n")).collect();
    all.push(Sample {
        head: 12,
        ..sample("q.csv", "csv", format!("Id,A,Note,X{quoted}").replacen("X0", "X\n0", 1).into_bytes())
    });
    all
}

fn table() -> RecordBatch {
    let mut lists = ListBuilder::new(StringBuilder::new());
    (0..ROWS).for_each(|i| lists.append_value([Some(format!("l{i}")), None]));
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("Id", Arc::new(Int64Array::from_iter_values(0..ROWS as i64)), true),
        ("Name", Arc::new(StringArray::from_iter((0..ROWS).map(|i| (i % 5 > 0).then(|| format!("name {i}"))))), true),
        ("Share", Arc::new(Float64Array::from_iter_values((0..ROWS).map(|i| i as f64 / 7.0))), true),
        ("At", Arc::new(TimestampMicrosecondArray::from_iter_values((0..ROWS).map(|i| i as i64 * 1_000_000))), true),
        ("List", Arc::new(lists.finish()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

fn binaries() -> Vec<Sample> {
    let (first, second) = (table().slice(0, ROWS / 2), table().slice(ROWS / 2, ROWS - ROWS / 2));
    let schema = first.schema();
    let mut whole = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &schema).expect("a writer");
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &schema).expect("a writer");
    for batch in [&first, &second] {
        whole.write(batch).expect("rows");
        stream.write(batch).expect("rows");
    }
    let dir = folder();
    let path = dir.path().join("T.parquet");
    parquet_file(&path, &table(), ROWS / 3);
    let head: String = [("A1", "User"), ("B1", "Note")].iter().map(|(at, text)| text_cell(at, text)).collect();
    let cells: String = (2..ROWS + 2)
        .map(|i| {
            format!("<row r=\"{i}\">{}{}</row>", text_cell(&format!("A{i}"), "ann"), text_cell(&format!("B{i}"), "x"))
        })
        .collect();
    let cells = format!("<row r=\"1\">{head}</row>{cells}");
    vec![
        sample("T.arrow", "arrow", whole.into_inner().expect("bytes")),
        sample("T.ipc", "arrow", stream.into_inner().expect("bytes")),
        sample("T.parquet", "parquet", fs::read(&path).expect("bytes")),
        sample("a.evtx", "evtx", super::event_log::log(2, ROWS as u64 / 2)),
        sample("T.xlsx", "xlsx", workbook(&[("Sheet1", &cells)])),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

fn packed() -> Vec<Sample> {
    let lines: String = (0..ROWS).map(|i| format!("{{\"Id\":{i},\"Name\":\"name {i}\"}}\n")).collect();
    let half = lines.split_inclusive('\n').take(ROWS / 2).collect::<String>();
    let rest = lines.get(half.len()..).unwrap_or_default();
    let csv: String =
        std::iter::once("Id,Name\n".to_owned()).chain((0..ROWS).map(|i| format!("{i},name {i}\n"))).collect();
    let mut tar = ::tar::Builder::new(Vec::new());
    for (name, text) in [("a.ndjson", half.as_str()), ("b.ndjson", rest)] {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, text.as_bytes()).expect("memory");
    }
    let tar = tar.into_inner().expect("memory");
    let members = [("a.ndjson", half.as_bytes()), ("b.ndjson", rest.as_bytes())];
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("memory");
    let dir = folder();
    let path = dir.path().join("T.parquet");
    parquet_file(&path, &table(), ROWS / 3);
    vec![
        sample("T.csv.gz", "archive", gzip(csv.as_bytes())),
        sample("T.ndjson.zst", "archive", zst(lines.as_bytes())),
        sample("T.zip", "archive", zipped(&members, CompressionMethod::Deflated)),
        sample("T.tar", "archive", tar.clone()),
        sample("T.tar.gz", "archive", gzip(&tar)),
        sample("T.tar.zst", "archive", zst(&tar)),
        sample("T.parquet.gz", "archive", gzip(&fs::read(&path).expect("bytes"))),
    ]
}

/// One to three changes after the head.
fn mutant(sample: &Sample, random: &mut Random) -> Vec<u8> {
    let mut bytes = sample.bytes.clone();
    for _ in 0..=random.below(3) {
        let (head, length) = (sample.head, bytes.len() - sample.head);
        if length == 0 {
            break;
        }
        let at = head + random.below(length);
        let other = head + random.below(length);
        let run = random.below(64).min(bytes.len() - at.max(other));
        match random.below(10) {
            0..=2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = [0, 0xff, b'"', b'\n', b'{', b'\\', b',', 0x7f][random.below(8)],
            4 => bytes.truncate(at),
            5 => {
                let slice = bytes[at..at + run].to_vec();
                bytes.splice(other..other, slice);
            }
            6 => drop(bytes.splice(at..at, vec![0; run])),
            7 => (0..run).for_each(|i| bytes.swap(at + i, other + i)),
            8 => {
                let length = [0u32, 1, 0x7fff_ffff, u32::MAX, 1 << 20, 1 << 28][random.below(6)].to_le_bytes();
                let room = (bytes.len() - at).min(4);
                bytes[at..at + room].copy_from_slice(&length[..room]);
            }
            _ => drop(bytes.drain(at..at + run)),
        }
    }
    bytes
}

/// What is wrong with the reading of a mutant, if anything is.
fn fault(sample: &Sample, bytes: &[u8], found: Result<Given, Box<dyn std::error::Error>>) -> Option<String> {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let Ok(error) = error.downcast::<DataFusionError>() else { return None };
            return match run_error(*error) {
                Error::Data(_) => None,
                other => Some(format!("not an error of the data: {other}")),
            };
        }
    };
    let told = found.refused > 0 || !found.notices.is_empty();
    let body = bytes.get(sample.head..).unwrap_or_default();
    if sample.lines && !body.contains(&b'"') {
        // comments are lines too
        let lines = body.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty() && !l.starts_with(b"#")).count();
        let known = found.all() + found.refused;
        let names = |what| found.notices.iter().any(|n| n.contains(what));
        // a damaged first line can look like a header
        let is_named = names("rest of the file") || (known + 1 == lines as u64 && names("has control characters"));
        return (known < lines as u64 && !is_named).then(|| format!("{known} of {lines} lines: {found:?}"));
    }
    // in a text, rows that are cut off whole cannot be missed; neither can those that a change joins
    let is_text = matches!(sample.target, "csv" | "json" | "ndjson") || sample.name == "T.tar";
    let mark: &[u8] = if sample.name == "q.csv" { b"x\r\n" } else { b"\n" };
    let there = body.windows(mark.len()).filter(|window| *window == mark).count() as u64;
    let expected = if is_text { there.min(sample.rows) } else { sample.rows };
    let is_less = found.all() < if is_text { expected.saturating_sub(2) } else { expected };
    (is_less && !told).then(|| format!("{} of {expected} rows: {found:?}", found.all()))
}

fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !in_reader() {
                usual(panic);
            }
        }));
    });
}

/// The time that a mutant may take; a file of a few kilobytes takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

fn run_mutants(samples: Vec<Sample>, default: u64) {
    quiet();
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let count = number("KQL_MUTANTS").unwrap_or(default);
    if let Ok(seeds) = std::env::var("KQL_SEEDS") {
        for sample in &samples {
            let folder = Path::new(&seeds).join(sample.target);
            fs::create_dir_all(&folder).expect("a folder");
            let first = match sample.target {
                // the first byte chooses the name
                "archive" => ["T.zip", "T.tar", "T.tar.gz", "T.tar.zst", "T.csv.gz", "T.ndjson.zst"]
                    .iter()
                    .position(|name| *name == sample.name),
                _ => None,
            };
            let bytes = [first.map(|i| vec![i as u8]).unwrap_or_default(), sample.bytes.clone()].concat();
            fs::write(folder.join(sample.name), bytes).expect("a seed");
        }
    }
    let mut faults = Vec::new();
    for sample in samples {
        let dir = folder();
        let whole = given(&file(&dir, sample.name, &sample.bytes)).expect("whole");
        assert_eq!((whole.all(), whole.refused), (sample.rows, 0), "{}: {whole:?}", sample.name);
        let (send, receive) = channel();
        let of = sample.clone();
        std::thread::spawn(move || {
            for seed in 0..count {
                let mut random = Random(seed * 7919 + 1);
                let bytes = mutant(&of, &mut random);
                let dir = folder();
                let path = file(&dir, of.name, &bytes);
                let read = catch_unwind(AssertUnwindSafe(|| given(&path)));
                let fault = match read {
                    Ok(found) => fault(&of, &bytes, found),
                    Err(panic) => Some(format!("panic: {}", crate::error::panic_message(panic.as_ref()))),
                };
                if send.send((seed, bytes, fault)).is_err() {
                    return;
                }
            }
        });
        let mut next = 0;
        loop {
            match receive.recv_timeout(PATIENCE) {
                Ok((seed, bytes, fault)) => {
                    next = seed + 1;
                    if let Some(fault) = fault {
                        let path = std::env::temp_dir().join(format!("kql-mutant-{seed}-{}", sample.name));
                        let _ = fs::write(&path, bytes);
                        faults.push(format!("{}, seed {seed}: {fault} ({})", sample.name, path.display()));
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("{}, seed {next} does not end", sample.name),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }
    let shown: Vec<&str> = faults.iter().take(20).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), shown.join("\n"));
}

#[test]
fn of_texts() {
    run_mutants(texts(), 200);
}

#[test]
fn of_binaries() {
    run_mutants(binaries(), 200);
}

#[test]
fn of_packed_files() {
    run_mutants(packed(), 200);
}
