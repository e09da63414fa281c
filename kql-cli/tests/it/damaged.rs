//! Files that are damaged, of a wrong encoding, too large, or not there any more: each time one message, a count, an exit
//! status, and no row lost without a word.

use crate::made::files::{self, Event, event_log, gzip};
use crate::made::folder::{place, shown};
use kql_engine::DataPath;
use kql_engine::{Engine, Error};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// A `.zst` of one frame whose blocks are stored as they are.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x28\xb5\x2f\xfd\xa0".to_vec();
    out.extend((bytes.len() as u32).to_le_bytes());
    let blocks = bytes.chunks(100_000).count();
    for (i, block) in bytes.chunks(100_000).enumerate() {
        let head = (block.len() as u32) << 3 | u32::from(i + 1 == blocks);
        out.extend(&head.to_le_bytes()[..3]);
        out.extend(block);
    }
    out
}

/// A `.gz` of as many megabytes of zeros: members of a literal and copies of it, 258 bytes in 13 bits.
fn zeros(megabytes: usize) -> Vec<u8> {
    let (mut bits, mut count, mut member) = (0u64, 0, b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec());
    let mut put = |value: u64, length: u32| {
        bits |= value << count;
        count += length;
        while count >= 8 {
            member.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    put(0b011, 3);
    // Huffman codes come with their first bit first
    put(0b0000_1100, 8);
    const COPIES: usize = (1 << 20) / 258;
    (0..COPIES).for_each(|_| put(0b1010_0011, 13));
    put(0, 7 + 7);
    let length = 1 + COPIES * 258;
    let plain = vec![0; length];
    member.extend(files::crc32(&plain).to_le_bytes());
    member.extend((length as u32).to_le_bytes());
    member.repeat(megabytes)
}

/// What `kql data` says of each file.
fn told(files: &[(&str, &[u8])]) -> String {
    let place = place(files);
    let mut all = String::new();
    for (file, _) in files {
        let _ = writeln!(all, "# {file}\n{}", shown(place.path(), &["data", file]));
    }
    all
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (1..=count).map(|n| row(n) + "\n").collect()
}

#[test]
fn files_that_are_cut_off() {
    let lines = rows(100, |n| format!("{{\"n\":{n},\"s\":\"text {n}\"}}"));
    let csv = "n,s\n".to_owned() + &rows(100, |n| format!("{n},\"text {n}\""));
    let array = format!("[{}]", lines.trim_end().replace('\n', ",\n"));
    let made = place(&[("t.ndjson", lines.as_bytes())]);
    for name in ["t.parquet", "t.arrow"] {
        let status = shown(made.path(), &["run", "-q", "t", "--data", "t.ndjson", "-o", name]);
        assert_eq!(status, "exit status 0\n");
    }
    let read = |name: &str| std::fs::read(made.path().join(name)).expect("a file can be read");
    let (parquet, arrow) = (read("t.parquet"), read("t.arrow"));
    let cut = |bytes: &[u8], less: usize| bytes[..bytes.len() - less].to_vec();
    insta::assert_snapshot!(told(&[
        ("lines.ndjson", &cut(lines.as_bytes(), 5)),
        ("rows.csv", &cut(csv.as_bytes(), 5)),
        ("array.json", &cut(array.as_bytes(), 8)),
        ("array-without-end.json", &cut(array.as_bytes(), 1)),
        ("two-arrays.json", format!("{array}\n{array}").as_bytes()),
        ("t.parquet", &cut(&parquet, 10)),
        ("begin.parquet", &parquet[..100]),
        ("t.arrow", &cut(&arrow, 10)),
        ("begin.arrow", &arrow[..100]),
        ("half.arrow", &arrow[..arrow.len() / 2]),
        ("lines.ndjson.gz", &cut(&gzip(lines.as_bytes()), 300)),
        ("without-checksum.ndjson.gz", &cut(&gzip(lines.as_bytes()), 8)),
        ("lines.ndjson.zst", &cut(&zstd(lines.as_bytes()), 300)),
        ("rows.csv.gz", &cut(&gzip(csv.as_bytes()), 300)),
        ("t.parquet.gz", &cut(&gzip(&parquet), 300)),
        ("whole.ndjson.zst", &zstd(lines.as_bytes())),
        ("whole.parquet.gz", &gzip(&parquet)),
    ]));
}

/// The reader of Parquet files panics on some of these, which is an error about the file too.
#[test]
fn noise_in_parquet_files() {
    let place = place(&[]);
    let query = "range n from 1 to 500 step 1 | extend s = strcat('text ', n % 90), d = todecimal(n), t = n * 1s";
    assert_eq!(shown(place.path(), &["run", "-q", query, "-o", "t.parquet"]), "exit status 0\n");
    let whole = std::fs::read(place.path().join("t.parquet")).expect("a file can be read");
    let mut failed = 0;
    for at in (4..whole.len() * 2 / 3).step_by(61) {
        let mut parquet = whole.clone();
        parquet[at..at + 3].iter_mut().for_each(|byte| *byte ^= 0xa5);
        std::fs::write(place.path().join("t.parquet"), &parquet).expect("a file can be written");
        let told =
            shown(place.path(), &["run", "-q", "t | summarize max(n), max(s), max(d), max(t)", "--data", "t.parquet"]);
        // a file whose values changed can be read
        let Some((_, error)) = told.split_once("--- standard error\n").filter(|_| told.starts_with("exit status 1"))
        else {
            continue;
        };
        assert!(error.lines().count() == 1 && error.starts_with("error: t.parquet"), "{error}");
        failed += usize::from(error.starts_with("error: t.parquet is damaged: "));
    }
    assert!(failed > 5, "{failed}");
}

/// The reader of Arrow files panics on some of these, which is an error about the file.
#[test]
fn noise_in_arrow_files() {
    let place = place(&[]);
    let query = "range n from 1 to 50 step 1 | extend s = strcat('text ', n), d = todecimal(n), t = n * 1s";
    assert_eq!(shown(place.path(), &["run", "-q", query, "-o", "t.arrow"]), "exit status 0\n");
    let whole = std::fs::read(place.path().join("t.arrow")).expect("a file can be read");
    let mut state = 7u64;
    for number in 0..300 {
        let mut arrow = whole.clone();
        for _ in 0..=number % 4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = 8 + (state >> 33) as usize % (arrow.len() - 8);
            arrow[at] = [0, 0xff, (state >> 20) as u8][number % 3];
        }
        std::fs::write(place.path().join(format!("{number}.arrow")), arrow).expect("a file can be written");
    }
    let text = shown(place.path(), &["data", "."]);
    assert!(text.starts_with("exit status 1"), "{text}");
    assert!(text.contains("t.arrow: Arrow IPC"), "{text}");
}

#[test]
fn one_bad_row_of_many() {
    const COUNT: usize = 100_000;
    let bad = |n: usize| n == 50_000;
    let lines = rows(COUNT, |n| if bad(n) { "{\"n\":5".to_owned() } else { format!("{{\"n\":{n},\"s\":\"text\"}}") });
    let csv = "n,s\n".to_owned() + &rows(COUNT, |n| if bad(n) { n.to_string() } else { format!("{n},text") });
    let array = rows(COUNT, |n| if bad(n) { "5,".to_owned() } else { format!("{{\"n\":{n},\"s\":\"text\"}},") });
    let array = format!("[\n{}\n]", array.trim_end().trim_end_matches(','));
    let event = Event { provider: "p", channel: "System", id: 1, data: vec![("a", "b".to_owned())] };
    let mut log = event_log(&vec![vec![event; 40]; 10]);
    let at = log.windows(4).rposition(|four| four == b"**\0\0").expect("a record");
    log[at] = b'?';
    insta::assert_snapshot!(told(&[
        ("lines.ndjson", lines.as_bytes()),
        ("rows.csv", csv.as_bytes()),
        ("array.json", array.as_bytes()),
        ("lines.ndjson.gz", &gzip(lines.as_bytes())),
        ("rows.csv.zst", &zstd(csv.as_bytes())),
        ("log.evtx", &log),
    ]));
}

#[test]
fn encodings_and_line_ends() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let (json, csv) = ("{\"a\":\"x\"}\n{\"a\":\"y\"}\n", "a,b\n1,x\n");
    insta::assert_snapshot!(told(&[
        ("little-with-mark.ndjson", &utf16(&format!("\u{feff}{json}"), false)),
        ("big-with-mark.csv", &utf16(&format!("\u{feff}{csv}"), true)),
        ("little.csv", &utf16(csv, false)),
        ("big.ndjson", &utf16(json, true)),
        ("latin-1.csv", b"a,b\n1,caf\xe9\n2,tea\n"),
        ("latin-1.ndjson", b"{\"a\":\"caf\xe9\"}\n{\"a\":\"tea\"}\n"),
        ("latin-1.json", b"[{\"a\":\"tea\"},\n{\"a\":\"caf\xe9\"}]"),
        ("latin-1-header.csv", b"caf\xe9,b\n1,x\n"),
        ("mark.csv", b"\xef\xbb\xbfa,b\n1,x\n"),
        ("mixed.ndjson", b"{\"a\":1}\r\n{\"a\":2}\n\r\n\n{\"a\":3}\r\r\n{\"a\":4}"),
        ("mixed.csv", b"a,b\r\n1,\"x\r\ny\"\n2,z\r\n\n3,w"),
        ("returns.ndjson", b"{\"a\":1}\r{\"a\":2}\r"),
        ("nul.ndjson", b"{\"a\":\"x\"}\n\0\0\0\0\n{\"a\":\"y\"}\n"),
    ]));
}

#[test]
fn what_unpacks_to_very_much() {
    let bomb = zeros(1100);
    insta::assert_snapshot!(told(&[
        ("zeros.ndjson.gz", &bomb),
        ("zeros.csv.gz", &bomb),
        ("zeros.json.gz", &bomb),
        ("zeros.evtx.gz", &bomb),
        ("zeros.parquet.gz", &bomb),
        ("zeros.arrow.gz", &bomb),
    ]));
}

/// Ten gigabytes, and a line of a hundred megabytes: for running by hand.
#[test]
#[ignore = "it takes a while"]
fn very_large_input() {
    let place = place(&[("zeros.ndjson.gz", &zeros(10 << 10))]);
    let line = format!("{{\"a\":\"{}\"}}\n{{\"a\":\"b\"}}\n", "x".repeat(100 << 20));
    std::fs::write(place.path().join("line.ndjson"), line).expect("a file can be written");
    let text = shown(place.path(), &["data", "zeros.ndjson.gz"]);
    assert!(text.starts_with("exit status 1") && text.contains("longer than 256 MB"), "{text}");
    let text = shown(place.path(), &["run", "-q", "line | summarize max(strlen(a)), count()", "--data", "line.ndjson"]);
    assert!(text.contains("104857600,2"), "{text}");
}

#[test]
fn nothing_in_it() {
    let place =
        place(&[("empty.ndjson", b""), ("blank.csv", b"\n\n"), ("array.json", b"[]"), ("header.csv", b"a,b\n")]);
    std::fs::create_dir(place.path().join("folder")).expect("a folder can be made");
    let mut all = String::new();
    for path in ["empty.ndjson", "blank.csv", "array.json", "header.csv", "folder", "nowhere"] {
        let _ = writeln!(all, "# {path}\n{}", shown(place.path(), &["data", path]));
    }
    insta::assert_snapshot!(all);
}

#[cfg(unix)]
#[test]
fn what_is_no_file() {
    let place = place(&[("a.ndjson", b"{\"n\":1}\n")]);
    let made = std::process::Command::new("mkfifo").arg(place.path().join("pipe.ndjson")).status();
    assert!(made.expect("mkfifo runs").success());
    std::os::unix::fs::symlink("gone.csv", place.path().join("link.csv")).expect("a link can be made");
    let mut all = String::new();
    for path in ["pipe.ndjson", "link.csv", "T=/dev/null", "T=/dev/stdin", "."] {
        let _ = writeln!(all, "# {path}\n{}", shown(place.path(), &["data", path]));
    }
    insta::assert_snapshot!(all);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let place = place(&[("closed/a.ndjson", b"{\"n\":1}\n"), ("b.ndjson", b"{\"n\":1}\n")]);
    let closed = place.path().join("closed");
    let allow = |mode| std::fs::set_permissions(&closed, PermissionsExt::from_mode(mode)).expect("modes can be set");
    allow(0);
    if std::fs::read_dir(&closed).is_err() {
        let text = shown(place.path(), &["data", "."]);
        assert!(text.starts_with("exit status 1"), "{text}");
        assert!(text.contains("closed: cannot be read: Permission denied"), "{text}");
    }
    allow(0o755);
}

/// The count of a file's rows where the file changes after it was looked into and before it is read.
fn changed_in_between(name: &str, content: &[u8], change: impl FnOnce(&Path)) -> Result<usize, Error> {
    let place = place(&[(name, content)]);
    let path = place.path().join(name);
    let engine = Engine::builder().data(DataPath { name: Some("T".to_owned()), path: path.clone() }).build()?;
    let prepared = engine.prepare("T | extend more = 1")?;
    change(&path);
    let answer = prepared.run()?;
    Ok(answer.tables.iter().flat_map(|table| &table.batches).map(|batch| batch.num_rows()).sum())
}

#[test]
fn files_that_change_while_they_are_read() {
    let lines = rows(10, |n| format!("{{\"n\":{n}}}"));
    let append = |text: &'static str| {
        move |path: &Path| {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("a file can be opened");
            file.write_all(text.as_bytes()).expect("a file can be written");
        }
    };
    let shorten = |path: &Path| std::fs::write(path, "{\"n\":1}\n").expect("a file can be written");
    let remove = |path: &Path| std::fs::remove_file(path).expect("a file can be removed");
    let message = |result: Result<usize, Error>| result.expect_err("it is refused").to_string();
    // what is written behind the end that it had is not read
    assert_eq!(changed_in_between("a.ndjson", lines.as_bytes(), append("{\"n\":11}\n{\"n\":")).ok(), Some(10));
    assert_eq!(changed_in_between("a.csv", b"n\n1\n2\n", append("3\n")).ok(), Some(2));
    for result in [
        changed_in_between("a.ndjson", lines.as_bytes(), shorten),
        changed_in_between("a.json", b"[{\"n\":1}]", append(",{\"n\":2}")),
        changed_in_between("a.ndjson.gz", &gzip(lines.as_bytes()), append("more")),
    ] {
        let message = message(result);
        assert!(message.ends_with("the file changed after it was opened; start again"), "{message}");
    }
    let gone = message(changed_in_between("a.ndjson", lines.as_bytes(), remove));
    assert!(gone.contains("a.ndjson: cannot be read"), "{gone}");
}
