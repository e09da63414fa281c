//! Objects of a store: a small server on this computer that misbehaves. Each of these ends with the right rows or with one
//! clear error, never with fewer rows.

use kql_engine::{DataPath, Engine, EngineBuilder, Error};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the server does with a request, besides answering it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mood {
    Fine,
    /// Every third request is refused because there are too many.
    Busy,
    /// Bodies end halfway, every other time.
    Cutting,
    Denying,
    /// The entity tag is another one from the request with this number on.
    ReplacedAfter(usize),
    /// The same, but the server ignores conditions.
    ReplacedUnnoticedAfter(usize),
    /// Ranges are ignored.
    Whole,
}

struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(files: &[(&str, Vec<u8>)], mood: Mood) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let files: Arc<HashMap<String, Vec<u8>>> =
            Arc::new(files.iter().map(|(name, bytes)| (format!("/{name}"), bytes.clone())).collect());
        let (requests, ranges) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, seen) = (requests.clone(), ranges.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (files, counted, seen) = (files.clone(), counted.clone(), seen.clone());
                std::thread::spawn(move || serve(connection, &files, mood, &counted, &seen));
            }
        });
        Server { address, requests, ranges }
    }

    fn url(&self, file: &str) -> String {
        format!("http://{}/{file}", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(
    connection: TcpStream,
    files: &HashMap<String, Vec<u8>>,
    mood: Mood,
    counted: &AtomicUsize,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut writer = connection;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).ok()? == 0 {
            return None;
        }
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let number = counted.fetch_add(1, Ordering::SeqCst);
        let mut parts = request.split(' ');
        let (method, target) = (parts.next()?, parts.next()?);
        let path = target.split('?').next()?;
        let mut answer = |status: &str, more: &str, body: &[u8], length: usize| {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n");
            writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body)).ok()
        };
        match mood {
            Mood::Busy if number % 3 == 2 => {
                answer("503 Slow Down", "", b"<Error><Code>SlowDown</Code></Error>", 36)?;
                continue;
            }
            Mood::Denying => {
                answer("403 Forbidden", "", b"<Error><Code>AccessDenied</Code></Error>", 40)?;
                continue;
            }
            _ => {}
        }
        let Some(bytes) = files.get(path) else {
            answer("404 Not Found", "", b"", 0)?;
            continue;
        };
        let tag = match mood {
            Mood::ReplacedAfter(n) | Mood::ReplacedUnnoticedAfter(n) if number >= n => "\"second\"",
            _ => "\"first\"",
        };
        let conditions = !matches!(mood, Mood::ReplacedUnnoticedAfter(_));
        if headers.get("if-match").is_some_and(|wanted| wanted != tag) && conditions {
            answer("412 Precondition Failed", "", b"", 0)?;
            continue;
        }
        let stamps = format!("ETag: {tag}\r\nLast-Modified: Tue, 10 Mar 2026 12:00:00 GMT\r\nAccept-Ranges: bytes\r\n");
        let range = headers.get("range").filter(|_| mood != Mood::Whole);
        let Some(range) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
            let body: &[u8] = if method == "HEAD" { b"" } else { bytes };
            answer("200 OK", &stamps, body, bytes.len())?;
            continue;
        };
        seen.lock().expect("ranges").push(format!("{}-{}", range.0, range.1));
        let from: usize = range.0.parse().ok()?;
        let to = range.1.parse::<usize>().map_or(bytes.len(), |to| (to + 1).min(bytes.len()));
        if from >= bytes.len() {
            answer("416 Range Not Satisfiable", "", b"", 0)?;
            continue;
        }
        let body = bytes.get(from..to)?;
        let place = format!("{stamps}Content-Range: bytes {from}-{}/{}\r\n", to - 1, bytes.len());
        if mood == Mood::Cutting && number % 2 == 1 {
            answer("206 Partial Content", &place, body.get(..body.len() / 2)?, body.len())?;
            return None;
        }
        answer("206 Partial Content", &place, body, body.len())?;
    }
}

const ROWS: usize = 60_000;

/// A text that cannot be packed well.
fn name(n: usize) -> String {
    format!("row {:016x}", (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// About 4 MB, so that it is read in several parts.
fn lines() -> Vec<u8> {
    let mut text = String::new();
    for n in 0..ROWS {
        let _ = writeln!(text, "{{\"n\":{n},\"name\":\"{}, and some more text\"}}", name(n));
    }
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn csv() -> Vec<u8> {
    let mut text = "n,name\n".to_owned();
    for n in 0..ROWS {
        let _ = writeln!(text, "{n},{}", name(n));
    }
    text.into_bytes()
}

fn parquet() -> Vec<u8> {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS as i64));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(name)));
    let batch = RecordBatch::try_from_iter([("n", n), ("name", names)]).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("written");
    bytes
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("T.csv", zip::write::SimpleFileOptions::default()).expect("a file");
    zip.write_all(&csv()).expect("written");
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(csv().len() as u64);
    tar.append_data(&mut header, "T.csv", &*csv()).expect("written");
    vec![
        ("T.ndjson", lines()),
        ("T.ndjson.gz", gzip(&lines())),
        ("T.csv.zst", zstd::encode_all(&*csv(), 1).expect("packed")),
        ("T.csv", csv()),
        ("T.parquet", parquet()),
        ("z.zip", zip.finish().expect("finished").into_inner()),
        ("t.tar", tar.into_inner().expect("finished")),
    ]
}

fn engine(server: &Server, file: &str) -> EngineBuilder {
    Engine::builder().remember_objects(false).data(DataPath::parse(&format!("T={}", server.url(file))))
}

/// The number of rows and the sum of a column, or the error.
fn counted(server: &Server, file: &str) -> Result<String, Error> {
    let engine = engine(server, file).build()?;
    let answer = engine.query("T | summarize rows = count(), total = sum(n)")?;
    let batch = answer.tables[0].batches.iter().find(|batch| batch.num_rows() > 0).expect("a row");
    let mut text = String::new();
    for (column, array) in answer.tables[0].schema.columns.iter().zip(batch.columns()) {
        kql_engine::cell::text(array, column.ty, 0, &mut text);
        text.push(' ');
    }
    Ok(text.trim_end().to_owned())
}

fn all() -> String {
    format!("{ROWS} {}", ROWS * (ROWS - 1) / 2)
}

fn error(server: &Server, file: &str) -> String {
    counted(server, file).expect_err("an error").to_string()
}

#[test]
fn every_format() {
    let server = Server::start(&files(), Mood::Fine);
    for (file, _) in files() {
        assert_eq!(counted(&server, file).expect("rows"), all(), "{file}");
    }
}

#[test]
fn a_busy_server_and_bodies_that_are_cut_off() {
    for mood in [Mood::Busy, Mood::Cutting] {
        let server = Server::start(&files(), mood);
        for (file, _) in files() {
            assert_eq!(counted(&server, file).expect("rows"), all(), "{file} {mood:?}");
        }
    }
}

#[test]
fn parquet_is_read_by_ranges() {
    let bytes = parquet();
    let (size, name) = (bytes.len(), "T.parquet");
    let server = Server::start(&[(name, bytes)], Mood::Fine);
    let engine = engine(&server, name).build().expect("an engine");
    engine.query("T | summarize sum(n)").expect("rows");
    let ranges = server.ranges.lock().expect("ranges");
    let read: usize = ranges
        .iter()
        .filter_map(|range| range.split_once('-'))
        .map(|(from, to)| to.parse::<usize>().unwrap_or(size).min(size - 1) + 1 - from.parse::<usize>().unwrap_or(0))
        .sum();
    assert!(!ranges.is_empty() && read < size * 3, "{read} of {size}: {ranges:?}");
}

#[test]
fn an_object_that_is_replaced() {
    for mood in [Mood::ReplacedAfter(2), Mood::ReplacedUnnoticedAfter(2)] {
        for file in ["T.ndjson", "T.ndjson.gz", "T.parquet"] {
            let server = Server::start(&files(), mood);
            let error = error(&server, file);
            assert!(error.contains("replaced after it was opened"), "{file} {mood:?}: {error}");
            assert!(error.contains(file), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_read() {
    let server = Server::start(&files(), Mood::Denying);
    let denied = error(&server, "T.csv?sig=SECRET");
    assert!(denied.contains("/T.csv: access is denied") && !denied.contains("SECRET"), "{denied}");
    let server = Server::start(&files(), Mood::Fine);
    let missing = error(&server, "missing.csv?sig=SECRET");
    assert!(missing.contains("/missing.csv: there is no such file") && !missing.contains("SECRET"), "{missing}");
    assert!(error(&server, "folder/").contains("cannot list files"), "{}", error(&server, "folder/"));
    let whole = Server::start(&files(), Mood::Whole);
    assert!(error(&whole, "T.csv").contains("parts of a file"), "{}", error(&whole, "T.csv"));
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let begun = std::time::Instant::now();
    let refused = Engine::builder().data(DataPath::parse(&format!("http://{nobody}/x.csv"))).build();
    let refused = refused.err().expect("an error").to_string();
    assert!(refused.contains("refuses connections") && begun.elapsed().as_secs() < 5, "{refused}");
}

#[test]
fn an_empty_object_is_an_empty_table() {
    let server = Server::start(&[("T.csv", Vec::new())], Mood::Fine);
    let engine = engine(&server, "T.csv").build().expect("an engine");
    assert_eq!(engine.query("T | count").expect("rows").tables[0].batches.len(), 1);
}

#[test]
fn the_text_of_a_query_opens_no_network() {
    let server = Server::start(&files(), Mood::Fine);
    let url = server.url("T.csv");
    for query in [
        format!("externaldata(n: long) ['{url}']"),
        format!("externaldata(n: long) ['{}'] with (format='csv')", url.replace("http://", "s3://")),
    ] {
        let engine = engine(&server, "T.csv").allow_files("/").build().expect("an engine");
        std::thread::sleep(std::time::Duration::from_millis(300));
        let before = server.requests();
        let Err(refused) = engine.query(&query) else { panic!("a query opened the network") };
        let refused = refused.to_string();
        assert!(refused.contains("copy"), "{refused}");
        assert_eq!(server.requests(), before, "{query}");
    }
}

#[test]
fn only_what_is_named_is_read() {
    let server = Server::start(&files(), Mood::Fine);
    let engine = engine(&server, "T.csv").build().expect("an engine");
    // what was read ahead while the format was recognised
    std::thread::sleep(std::time::Duration::from_millis(300));
    let before = server.requests();
    engine.query("print 1").expect("a row");
    assert_eq!(server.requests(), before);
}
