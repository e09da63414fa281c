//! Answers are sent while their query runs.

use crate::client::{TestServer, write_request};
use serde_json::json;
use std::io::Read;
use std::time::Duration;

/// A million rows to a client that reads slowly: what the server holds does not grow with the rows.
#[test]
fn memory_is_flat() {
    let (server, _folder) = TestServer::over(&[]);
    let memory = || {
        let text = server.get("/metrics").text();
        let line = text.lines().find(|line| line.starts_with("process_resident_memory_bytes ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    server.rows("range x from 1 to 100000 step 1 | extend s = strcat('some longer text ', x)");
    let before = memory();
    let mut client = server.connect();
    let query = "range x from 1 to 5000000 step 1 | extend s = strcat('some longer text, to be sent to a client: ', x)";
    let body = json!({"csl": query, "properties": {"Options": {"notruncation": true}}}).to_string();
    write_request(&mut client, server.address, "POST", "/v2/rest/query", &[], body.as_bytes());
    let mut most = 0_f64;
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    for _ in 0..40 {
        read += client.read(&mut buffer).unwrap();
        std::thread::sleep(Duration::from_millis(25));
        most = most.max(memory());
    }
    assert!(read > 1 << 20);
    // the whole answer has more than 300 MB
    assert!(most - before < 150e6, "from {before} to {most}");
}

/// The first rows are sent before the last ones are computed.
#[test]
fn first_rows_come_first() {
    let (server, _folder) = TestServer::over(&[]);
    let mut client = server.connect();
    let body =
        json!({"csl": "range x from 1 to 1000000000000 step 1", "properties": {"Options": {"notruncation": true}}});
    write_request(&mut client, server.address, "POST", "/v2/rest/query", &[], body.to_string().as_bytes());
    let mut start = vec![0; 100_000];
    client.read_exact(&mut start).unwrap();
    let start = String::from_utf8_lossy(&start);
    assert!(start.contains("[1],\n[2],\n[3]"));
}

#[test]
fn connections_are_kept() {
    let (server, _folder) = TestServer::over(&[]);
    let mut client = server.connect();
    for n in 0..5 {
        let body = json!({"csl": format!("print {n}")}).to_string();
        write_request(&mut client, server.address, "POST", "/v2/rest/query", &[], body.as_bytes());
        let answer = crate::client::Answer::read(&mut client);
        assert_eq!(answer.json()[2]["Rows"], json!([[n]]));
        assert!(answer.header("content-length").is_some(), "a small answer is sent as a whole");
    }
}
