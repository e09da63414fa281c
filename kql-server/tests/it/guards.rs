//! Who may use the server.

use crate::client::TestServer;
use kql_engine::Engine;
use kql_server::{AZURE_DATA_EXPLORER, Server, ServerSettings, StartError, Token};
use serde_json::json;

fn query() -> Vec<u8> {
    json!({"csl": "print 1"}).to_string().into_bytes()
}

#[test]
fn hosts() {
    let settings = ServerSettings { hosts: vec!["kql.example".to_owned()], ..ServerSettings::default() };
    let (server, _folder) = TestServer::with(&[], settings);
    let status = |host: &str| server.send("POST", "/v2/rest/query", &[("Host", host)], &query()).status;
    for own in ["localhost", "localhost:1", "127.0.0.1:8080", "[::1]:80", "LOCALHOST", "kql.example", "KQL.example:99"]
    {
        assert_eq!(status(own), 200, "{own}");
    }
    for other in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "evil.example:80",
        "kql.example.evil",
    ] {
        assert_eq!(status(other), 403, "{other}");
    }
    // a Host in the target counts, too
    let answer = server.send("POST", "http://evil.example/v2/rest/query", &[], &query());
    assert_eq!(answer.status, 403);
    let twice = server.send("POST", "/v2/rest/query", &[("Host", "localhost"), ("Host", "evil.example")], &query());
    assert_eq!(twice.status, 400);
}

#[test]
fn origins() {
    let (server, _folder) = TestServer::over(&[]);
    let own = format!("http://{}", server.address);
    let send =
        |server: &TestServer, origin: &str| server.send("POST", "/v2/rest/query", &[("Origin", origin)], &query());
    assert_eq!(send(&server, &own).status, 200);
    for other in ["https://evil.example", "null", "http://localhost:1", AZURE_DATA_EXPLORER[0]] {
        assert_eq!(send(&server, other).status, 403, "{other}");
    }
    let origins = AZURE_DATA_EXPLORER.map(str::to_owned).to_vec();
    let (server, _folder) = TestServer::with(&[], ServerSettings { origins, ..ServerSettings::default() });
    let answer = send(&server, AZURE_DATA_EXPLORER[0]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(AZURE_DATA_EXPLORER[0])));
    assert_eq!(send(&server, "https://evil.example").status, 403);
    let asked = [
        ("Origin", AZURE_DATA_EXPLORER[0]),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,x-ms-app"),
        ("Access-Control-Request-Private-Network", "true"),
    ];
    let answer = server.send("OPTIONS", "/v2/rest/query", &asked, b"");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,x-ms-app"));
    let foreign = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
    let answer = server.send("OPTIONS", "/v2/rest/query", &foreign, b"");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
}

#[test]
fn tokens() {
    let secret = "0123456789abcdefghij";
    let token = Some(Token::new(secret).unwrap());
    let (server, _folder) = TestServer::with(&[], ServerSettings { token, ..ServerSettings::default() });
    let status = |path: &str, value: Option<&str>| {
        let headers: Vec<(&str, &str)> = value.map(|value| ("Authorization", value)).into_iter().collect();
        server.send("POST", path, &headers, &query()).status
    };
    for path in [
        "/v2/rest/query",
        "/v1/rest/mgmt",
        "/v1/workspaces/w/query",
        "/api/advancedhunting/run",
        "/v1/rest/ingest/d/t",
        "/nothing",
        "/metrics",
        "/healthz",
    ] {
        assert_eq!(status(path, None), 401, "{path}");
    }
    assert_eq!(status("/v2/rest/query", Some(&format!("Bearer {secret}"))), 200);
    for wrong in [
        "Bearer 0123456789abcdefghi",
        "Bearer 0123456789abcdefghijk",
        "0123456789abcdefghij",
        "Basic 0123456789abcdefghij",
        "Bearer",
    ] {
        assert_eq!(status("/v2/rest/query", Some(wrong)), 401, "{wrong}");
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/metrics").status, 401);
    assert_eq!(server.get("/../metrics").status, 401);
}

#[test]
fn other_hosts_need_a_token() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = Engine::builder().build().unwrap();
    let settings = ServerSettings { listen: ([0, 0, 0, 0], 0).into(), ..ServerSettings::default() };
    let started = runtime.block_on(Server::start(settings.clone(), engine.clone()));
    assert!(matches!(started, Err(StartError::NoToken(_))));
    let token = Some(Token::new("0123456789abcdefghij").unwrap());
    assert!(runtime.block_on(Server::start(ServerSettings { token, ..settings }, engine)).is_ok());
}

#[test]
fn health_and_metrics() {
    let (server, _folder) = TestServer::over(&[]);
    assert_eq!(server.get("/healthz").text(), "ok\n");
    server.rows("range x from 1 to 7 step 1");
    server.query("nothing");
    let metrics = server.get("/metrics").text();
    let value = |name: &str| {
        let line = metrics.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is not in {metrics}")).rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(value("kql_queries_total"), 2.0);
    assert_eq!(value("kql_queries_failed_total"), 1.0);
    assert_eq!(value("kql_queries_running"), 0.0);
    assert_eq!(value("kql_rows_total"), 7.0);
    assert_eq!(value("kql_query_seconds_count"), 2.0);
    assert!(value("process_resident_memory_bytes") > 1e6);
}
