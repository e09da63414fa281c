//! An assistant's requests, as lines of JSON-RPC over a pipe.

use kql_engine::{DataPath, Engine};
use kql_server::{ServerLimits, serve_mcp};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

/// A session with an assistant.
struct Session {
    answers: Lines<BufReader<ReadHalf<DuplexStream>>>,
    requests: WriteHalf<DuplexStream>,
    number: u64,
}

impl Session {
    async fn begin(limits: ServerLimits) -> Session {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("Events.ndjson"),
            "{\"Name\":\"a\",\"Size\":1}\n{\"Name\":\"b\",\"Size\":2}\n",
        )
        .unwrap();
        let path = folder.keep();
        let engine = Engine::builder().data(DataPath::from(path.as_path())).build().unwrap();
        let (near, far) = tokio::io::duplex(1 << 20);
        let (input, output) = tokio::io::split(far);
        tokio::spawn(serve_mcp(engine, limits, input, output));
        let (answers, requests) = tokio::io::split(near);
        let mut session = Session { answers: BufReader::new(answers).lines(), requests, number: 0 };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let answer = session.ask("initialize", hello).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "kql");
        session.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        session
    }

    async fn tell(&mut self, message: &Value) {
        self.requests.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        self.tell(&json!({"jsonrpc": "2.0", "id": self.number, "method": method, "params": parameters})).await;
        let line = tokio::time::timeout(Duration::from_secs(60), self.answers.next_line()).await;
        serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
    }

    /// What a tool answers, and whether that is an error.
    async fn call(&mut self, tool: &str, arguments: Value) -> (Value, bool) {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        (value, answer["result"]["isError"] == true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_described() {
    let mut session = Session::begin(ServerLimits::default()).await;
    let answer = session.ask("tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["check", "run", "tables", "schema", "functions", "test", "why"]);
    assert!(
        tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true && tool["inputSchema"]["type"] == "object")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_checked_and_run() {
    let mut session = Session::begin(ServerLimits::default()).await;
    let (checked, _) = session.call("check", json!({"query": "Events | where Sise > 1"})).await;
    assert_eq!(checked["diagnostics"][0]["fixes"][0]["text"], "Size");
    let (ran, is_error) =
        session.call("run", json!({"query": "Events | sort by Size desc | project Size, Name", "limit": 1})).await;
    assert!(!is_error);
    assert_eq!(ran["results"][0]["columns"], "Size:long, Name:string");
    assert_eq!(ran["results"][0]["rows"], json!([[2, "b"]]));
    assert_eq!(ran["more_rows_left_out"], true);
    let query = "declare query_parameters(n: long); print n, now()";
    let (ran, _) =
        session.call("run", json!({"query": query, "parameters": {"n": 7}, "now": "2026-03-10T12:00:00Z"})).await;
    assert_eq!(ran["results"][0]["rows"], json!([[7, "2026-03-10T12:00:00Z"]]));
    let nested = format!("print a = dynamic({}{})", "[".repeat(200), "]".repeat(200));
    let answer = session.ask("tools/call", json!({"name": "run", "arguments": {"query": nested}})).await;
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains(&"[".repeat(200)), "{answer}");
    let (failed, is_error) = session.call("run", json!({"query": "Events | count | | take 1"})).await;
    assert!(is_error && !failed["diagnostics"].as_array().unwrap().is_empty(), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_functions_are_found() {
    let mut session = Session::begin(ServerLimits::default()).await;
    let (tables, _) = session.call("tables", json!({})).await;
    assert_eq!(tables.as_array().unwrap().len(), 1);
    assert_eq!(tables[0]["name"], "Events");
    let (known, _) = session.call("tables", json!({"filter": "signinlogs"})).await;
    assert!(known.as_array().unwrap().iter().any(|table| table["name"] == "SigninLogs"));
    let (schema, _) = session.call("schema", json!({"name": "Events"})).await;
    assert_eq!(schema["columns"], "Name:string, Size:long");
    assert_eq!(schema["sample"][1], json!(["b", "2"]));
    let (missing, is_error) = session.call("schema", json!({"name": "NoTable"})).await;
    assert!(is_error && missing["message"].as_str().unwrap().contains("NoTable"), "{missing}");
    let (functions, _) = session.call("functions", json!({"filter": "strcat"})).await;
    assert_eq!(functions["found"], 1);
    let (several, _) = session.call("functions", json!({"filter": "base64"})).await;
    assert!(several["found"].as_u64().unwrap() > 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_followed_and_tests_run() {
    let mut session = Session::begin(ServerLimits::default()).await;
    let (why, _) = session.call("why", json!({"query": "Events | where Size > 1", "condition": "Name == 'a'"})).await;
    assert_eq!(why["rows"][0]["in_result"], false);
    let tests = "tests:\n- name: large\n  given: {Events: [{Name: c, Size: 5}]}\n  expect: {count: 1}\n";
    let (tested, is_error) = session.call("test", json!({"query": "Events | where Size > 1", "tests": tests})).await;
    assert!(!is_error && tested["passed"] == true, "{tested}");
    let (failed, _) = session.call("test", json!({"query": "Events | where Size > 9", "tests": tests})).await;
    assert_eq!(failed["passed"], false);
    assert!(failed["report"].as_str().unwrap().contains("large"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_told() {
    let mut session = Session::begin(ServerLimits::default()).await;
    let (message, is_error) = session.call("run", json!({"query": "print 1", "rows": 3})).await;
    assert!(is_error && message.as_str().unwrap().contains("no argument 'rows'"), "{message}");
    let (message, is_error) = session.call("run", json!({})).await;
    assert!(is_error && message.as_str().unwrap().contains("'query'"), "{message}");
    let answer = session.ask("tools/call", json!({"name": "drop", "arguments": {}})).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("no tool 'drop'"), "{answer}");
    // files of this computer are out of reach
    let (refused, is_error) =
        session.call("run", json!({"query": "externaldata(line: string) ['file:///etc/hostname']"})).await;
    assert!(is_error, "{refused}");
    for key in ["functions: /etc/hostname", "schemas: /no/such/file", "rule: /etc/hostname"] {
        let tests = format!("{key}\ntests:\n- name: t\n  expect: {{count: 1}}\n");
        let (refused, is_error) = session.call("test", json!({"query": "Events", "tests": tests})).await;
        assert!(is_error && refused["message"].as_str().unwrap().contains("name the file"), "{key} {refused}");
    }
    let tests = "tests:\n- name: t\n  given: {Events: ../../etc/hostname}\n  expect: {count: 1}\n";
    let (refused, is_error) = session.call("test", json!({"query": "Events", "tests": tests})).await;
    assert!(is_error && refused["message"].as_str().unwrap().contains("name the file"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_at_its_time_limit() {
    let limits = ServerLimits { timeout: Duration::from_millis(300), ..ServerLimits::default() };
    let mut session = Session::begin(limits).await;
    let long = "range x from 1 to 100000000 step 1 | extend h = hash_sha256(tostring(x)) | summarize max(h)";
    let (message, is_error) = session.call("run", json!({"query": long})).await;
    assert!(is_error && message["message"].as_str().unwrap().contains("time limit"), "{message}");
    let tests = "tests:\n- name: t\n  expect: {count: 1}\n";
    let (message, is_error) = session.call("test", json!({"query": long, "tests": tests})).await;
    assert!(is_error && message["message"].as_str().unwrap().contains("time limit"), "{message}");
    let (ran, is_error) = session.call("run", json!({"query": "print 1"})).await;
    assert!(!is_error, "{ran}");
}
