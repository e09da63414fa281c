//! Limits: of queries at once, of bodies, of time, and clients that go away.

use crate::client::{Answer, TestServer, write_request};
use kql_server::{ServerLimits, ServerSettings};
use serde_json::json;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const ENDLESS: &str = "range x from 1 to 1000000000000 step 1 | summarize sum(x)";

fn limited(limits: ServerLimits) -> TestServer {
    TestServer::with(&[], ServerSettings { limits, ..ServerSettings::default() }).0
}

fn metric(server: &TestServer, name: &str) -> f64 {
    let text = server.get("/metrics").text();
    let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap().to_owned();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn wait_for(server: &TestServer, name: &str, value: f64) {
    let start = Instant::now();
    while metric(server, name) != value {
        assert!(start.elapsed() < Duration::from_secs(30), "{name} stays {}", metric(server, name));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_queue_refuses() {
    let limits =
        ServerLimits { queries: 1, waiting: 1, patience: Duration::from_millis(300), ..ServerLimits::default() };
    let server = limited(limits);
    let mut first = server.connect();
    write_request(
        &mut first,
        server.address,
        "POST",
        "/v2/rest/query",
        &[],
        json!({"csl": ENDLESS}).to_string().as_bytes(),
    );
    wait_for(&server, "kql_queries_running", 1.0);
    let start = Instant::now();
    let refused = server.query("print 1");
    assert_eq!(refused.status, 429);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().unwrap() >= 1));
    assert_eq!(refused.json()["error"]["@permanent"], false);
    // two wait, and there is room for one
    std::thread::scope(|scope| {
        let statuses: Vec<_> = (0..4).map(|_| scope.spawn(|| server.query("print 1").status)).collect();
        assert!(statuses.into_iter().all(|status| status.join().unwrap() == 429));
    });
    drop(first);
    wait_for(&server, "kql_queries_running", 0.0);
    assert_eq!(server.query("print 1").status, 200);
}

#[test]
fn a_client_that_goes_away_ends_its_query() {
    let server = limited(ServerLimits::default());
    for csl in [ENDLESS, "range x from 1 to 1000000000000 step 1"] {
        let mut client = server.connect();
        let body = json!({"csl": csl, "properties": {"Options": {"notruncation": true}}}).to_string();
        write_request(&mut client, server.address, "POST", "/v2/rest/query", &[], body.as_bytes());
        wait_for(&server, "kql_queries_running", 1.0);
        if csl != ENDLESS {
            let mut some = [0; 1000];
            client.read_exact(&mut some).unwrap();
        }
        drop(client);
        wait_for(&server, "kql_queries_running", 0.0);
    }
    assert_eq!(metric(&server, "kql_queries_cancelled_total"), 2.0);
}

#[test]
fn a_client_that_reads_nothing_gives_its_place_back() {
    let limits = ServerLimits { queries: 1, timeout: Duration::from_millis(500), ..ServerLimits::default() };
    let server = limited(limits);
    let mut slow = server.connect();
    let body = json!({"csl": "range x from 1 to 100000000 step 1", "properties": {"Options": {"notruncation": true}}})
        .to_string();
    write_request(&mut slow, server.address, "POST", "/v2/rest/query", &[], body.as_bytes());
    wait_for(&server, "kql_queries_running", 1.0);
    assert_eq!(server.query("print 1").status, 200);
}

#[test]
fn large_bodies_are_refused() {
    let limits = ServerLimits { query_body: 10_000, data_body: 20_000, ..ServerLimits::default() };
    let server = limited(limits);
    server.done(".create table T (s: string)");
    let large = vec![b'x'; 30_000];
    assert_eq!(server.send("POST", "/v2/rest/query", &[], &large).status, 413);
    assert_eq!(server.send("POST", "/v1/rest/ingest/d/T?streamFormat=csv", &[], &large).status, 413);
    // the length is not announced
    let mut client = server.connect();
    write_request(&mut client, server.address, "POST", "/v2/rest/query", &[("Transfer-Encoding", "chunked")], b"");
    for _ in 0..20 {
        if client.write_all(format!("3e8\r\n{}\r\n", "x".repeat(1000)).as_bytes()).is_err() {
            break;
        }
    }
    assert_eq!(Answer::read(&mut client).status, 413);
    // a small body that unpacks to a large one
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b'x'; 1 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 10_000);
    let answer = server.send("POST", "/v2/rest/query", &[("Content-Encoding", "gzip")], &packed);
    assert_eq!(answer.status, 413);
    // one that is announced as a gigabyte is refused before it is sent
    let answer = server.send("POST", "/v2/rest/query", &[("Content-Length", "1073741824")], b"");
    assert_eq!(answer.status, 413);
}

#[test]
fn slow_requests_are_closed() {
    let limits = ServerLimits { reading: Duration::from_millis(300), ..ServerLimits::default() };
    let server = limited(limits);
    let mut head = server.connect();
    head.write_all(b"POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = head.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(10), "the connection is still open");
    // one that is idle stays open
    let mut idle = server.connect();
    for _ in 0..2 {
        write_request(&mut idle, server.address, "GET", "/healthz", &[], b"");
        assert_eq!(Answer::read(&mut idle).status, 200);
        std::thread::sleep(Duration::from_millis(600));
    }
    // and so does one whose query takes longer than its head may
    let slow = "range x from 1 to 3000000 step 1 | summarize dcount(tostring(x)) by x % 7 | count";
    write_request(
        &mut idle,
        server.address,
        "POST",
        "/v2/rest/query",
        &[],
        json!({"csl": slow}).to_string().as_bytes(),
    );
    assert_eq!(Answer::read(&mut idle).status, 200);
    // a second head is as slow as a first one may not be
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    let start = Instant::now();
    let _ = idle.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(10), "the connection is still open");
    let mut body = server.connect();
    write_request(&mut body, server.address, "POST", "/v2/rest/query", &[("Content-Length", "100")], b"{\"csl\":");
    assert_eq!(Answer::read(&mut body).status, 408);
}

#[test]
fn ingested_rows_have_a_limit() {
    let server = limited(ServerLimits { ingested: 1 << 20, ..ServerLimits::default() });
    let text = ".set-or-append Big <| range x from 1 to 1000000 step 1";
    let answer = server.command(text);
    assert_eq!(answer.status, 400, "{}", answer.text());
    server.done(".set-or-append Small <| range x from 1 to 1000 step 1");
    assert_eq!(server.rows("Small | count"), json!([[1000]]));
}
