//! `kql serve` as a process: how it starts and ends, what it refuses, and what is left when it is killed while it stores rows.

use crate::served::Served;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::Duration;

fn start(arguments: &[&str]) -> Served {
    let mut served = Served::start(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    served.address = served.address.strip_prefix("http://").expect("an address of HTTP").to_owned();
    served
}

/// Sends a request, and returns the whole answer; `None` if the server does not answer.
fn send(address: &str, path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 ").then_some(answer)
}

fn query(address: &str, text: &str) -> serde_json::Value {
    let body = serde_json::json!({"csl": text}).to_string();
    let answer = send(address, "/v2/rest/query", &body).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let frames: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"));
    frames[2]["Rows"].clone()
}

fn refused(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kql")).arg("serve").args(arguments).output().expect("kql runs")
}

#[test]
fn starts_and_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("T.csv"), "a\n1\n2\n").expect("a file");
    let mut served = start(&[folder.path().to_str().expect("text")]);
    assert_eq!(query(&served.address, "T | summarize sum(a)"), serde_json::json!([[3]]));
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    assert_eq!(served.child.wait().expect("an end").code(), Some(0));
}

#[test]
fn what_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = folder.path().join("token");
    std::fs::write(&short, "short").expect("a file");
    let short = short.to_str().expect("text");
    for (arguments, message) in [
        (&["--listen", "0.0.0.0:0"][..], "start the server with a token"),
        (&["--token-file", short], "fewer than 16 characters"),
        (&["--token-file", "/no/such/file"], "--token-file: /no/such/file"),
        (&["--allow-origin", "example.com"], "an origin such as"),
        (&["--tls-cert", short], "--tls-key"),
        (&["--tls-cert", short, "--tls-key", short], "token"),
        (&["/no/such/data"], "no such file or folder"),
        (&["--max-queries", "0"], "at least 1"),
    ] {
        let output = refused(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(message), "{arguments:?}: {errors}");
    }
}

/// Rows of each request.
const ROWS: usize = 50;

/// Sends requests with rows until the server is killed; returns the numbers of those that were acknowledged.
fn ingest_until_killed(served: &mut Served, first: usize) -> Vec<usize> {
    let acknowledged = Mutex::new(Vec::new());
    let address = served.address.clone();
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let (acknowledged, address) = (&acknowledged, &address);
            scope.spawn(move || {
                for number in (first + worker..).step_by(3) {
                    let rows: String = (0..ROWS).map(|row| format!("{number},{row}\n")).collect();
                    match send(address, "/v1/rest/ingest/d/T?streamFormat=csv", &rows) {
                        Some(answer) if answer.starts_with("HTTP/1.1 200") => {
                            acknowledged.lock().expect("no panic").push(number);
                        }
                        _ => return,
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(1500));
        served.child.kill().expect("it can be killed");
    });
    acknowledged.into_inner().expect("no panic")
}

fn with_store(folder: &Path) -> Served {
    start(&["--store", folder.to_str().expect("text")])
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = Vec::new();
    for turn in 0..3 {
        let mut served = with_store(folder.path());
        if turn == 0 {
            let body = serde_json::json!({"csl": ".create table T (request: long, row: long)"}).to_string();
            assert!(send(&served.address, "/v1/rest/mgmt", &body).is_some_and(|a| a.starts_with("HTTP/1.1 200")));
        }
        acknowledged.extend(ingest_until_killed(&mut served, turn * 1_000_000));
    }
    assert!(acknowledged.len() > 3, "{acknowledged:?}");
    let served = with_store(folder.path());
    let counted = query(&served.address, "T | summarize count(), dcount(row) by request");
    let counts: BTreeMap<usize, u64> = counted
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row[0].as_u64().expect("a number") as usize, row[1].as_u64().expect("a number")))
        .collect();
    for number in acknowledged {
        assert!(counts.contains_key(&number), "the rows of request {number} are lost");
    }
    assert!(counts.values().all(|count| *count == ROWS as u64), "half of a request is there: {counts:?}");
}
