//! Answers are sent while their query runs.

use crate::client::{TestServer, write_request};
use serde_json::json;
use std::io::Read;
use std::time::Duration;

/// Millions of rows to a client that stops reading: the server computes few more than the client has read, so that what it
/// holds does not grow with the result.
#[test]
fn rows_wait_for_their_reader() {
    let (server, _folder) = TestServer::over(&[]);
    let mut client = server.connect();
    let query = "range x from 1 to 5000000 step 1 | extend s = strcat('some longer text, to be sent to a client: ', x)";
    let body = json!({"csl": query, "properties": {"Options": {"notruncation": true}}}).to_string();
    write_request(&mut client, server.address, "POST", "/v2/rest/query", &[], body.as_bytes());
    let mut part = vec![0; 1 << 20];
    client.read_exact(&mut part).unwrap();
    let rows = || server.done(".show queries | where State == 'InProgress' | project RowCount")[0][0].as_u64().unwrap();
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let now = rows();
        if now == before {
            break;
        }
        before = now;
    }
    assert!((1000..1_000_000).contains(&before), "{before}");
    // the reader goes on, and gets all
    let mut end = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    while !end.windows(17).any(|w| w == b"DataSetCompletion") {
        let count = client.read(&mut buffer).unwrap();
        assert!(count > 0);
        end = buffer[count.saturating_sub(400)..count].to_vec();
    }
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
