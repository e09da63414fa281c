//! The page, and what it asks.

use crate::client::{Answer, TestServer};
use kql_server::{ServerSettings, Token};
use serde_json::{Value, json};

const CSV: (&str, &str) = ("T.csv", "Host,Count\npc-1,5\npc-2,7\npc-3,\n");

fn asked(server: &TestServer, path: &str, body: &Value) -> Value {
    let answer = server.post(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_page_is_served_with_a_policy() {
    let (server, _folder) = TestServer::over(&[]);
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<script type=\"module\" src=\"assets/page.js\">"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    for (name, kind) in [("page.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")] {
        let file = server.get(&format!("/assets/{name}"));
        assert!(file.status == 200 && !file.body.is_empty(), "{name}");
        assert!(file.header("content-type").unwrap().starts_with(kind));
    }
    // the only foreign addresses are those of links and of XML's namespaces
    let script = server.get("/assets/page.js").text();
    assert!(!script.contains("fetch(\"http") && !script.contains("//cdn"));
    for path in ["/assets/nothing.js", "/assets/..%2f..%2fCargo.toml", "/assets/../Cargo.toml", "/assets/%2e%2e/mod.rs"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn positions_are_those_of_javascript() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let text = "print ä = '😀'\n\nT | wher Count > 5";
    let units = |part: &str| text[..text.find(part).unwrap()].encode_utf16().count() as u64;
    let checked = asked(&server, "/api/check", &json!({"text": text}));
    let found = &checked["diagnostics"][0];
    assert_eq!((found["start"].as_u64(), found["end"].as_u64()), (Some(units("wher")), Some(units("wher") + 4)));
    assert_eq!((found["line"].as_u64(), found["severity"].as_str()), (Some(3), Some("error")));
    assert_eq!(found["fixes"][0]["text"], "where");
    assert_eq!(checked["results"][0]["columns"], json!([{"name": "ä", "type": "string", "text": "ä"}]));
    let end = text.encode_utf16().count();
    let colours = asked(&server, "/api/colours", &json!({"text": text}));
    assert_eq!(colours["sections"], json!([[0, units("\n\nT")], [units("T | wher"), end]]));
    assert!(colours["classes"].as_array().unwrap().contains(&json!([units("'😀'"), units("\n\nT"), "text"])));
    let position = units("Count") + 3;
    let completed =
        asked(&server, "/api/complete", &json!({"text": text.replace("wher ", "where "), "position": position + 1}));
    assert_eq!(completed["start"], units("Count") + 1);
    assert_eq!(completed["items"][0], json!({"text": "Count", "kind": "column", "about": "long"}));
    let hovered =
        asked(&server, "/api/hover", &json!({"text": text.replace("wher ", "where "), "position": position + 1}));
    assert_eq!(hovered["title"], "Count: column");
    assert_eq!(asked(&server, "/api/hover", &json!({"text": "", "position": 99})), Value::Null);
}

#[test]
fn formats_each_query() {
    let (server, _folder) = TestServer::over(&[]);
    let formatted = asked(&server, "/api/format", &json!({"text": "// one\nT|where a==1|count\n\n\nprint   2\n"}));
    assert_eq!(formatted["text"], "// one\nT\n| where a == 1\n| count\n\n\nprint 2\n");
    let refused = server.post("/api/format", &json!({"text": "print 1\n\nT | wher"}));
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["diagnostics"][0]["start"], 13);
}

#[test]
fn runs_with_rows_and_a_chart() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let text = "T | project Host, Count; T | summarize sum(Count) by Host | render columnchart";
    let answer = server.post("/api/run", &json!({"text": text, "id": "a"}));
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson; charset=utf-8"));
    let lines = lines(&answer);
    assert_eq!(lines[0]["table"]["columns"][1], json!({"name": "Count", "type": "long", "text": "Count"}));
    assert_eq!(lines[1], json!({"count": 3, "rows": [["pc-1", "5"], ["pc-2", "7"], ["pc-3", null]]}));
    assert_eq!(lines[2]["table"]["render"], "columnchart");
    let chart = lines.iter().find_map(|line| line["chart"]["svg"].as_str()).unwrap();
    assert!(chart.starts_with("<svg"));
    let end = &lines.last().unwrap()["end"];
    assert_eq!((end["rows"].as_u64(), end["truncated"].as_bool()), (Some(6), Some(false)));
    let pinned = server.post("/api/run", &json!({"text": "print now()", "now": "2024-01-02"}));
    assert!(pinned.text().contains("2024-01-02T00:00:00Z"));
    let parameters = json!({"text": "declare query_parameters(n: long = 1); print n", "parameters": {"n": "7"}});
    assert!(server.post("/api/run", &parameters).text().contains("[[\"7\"]]"));
}

#[test]
fn a_query_that_fails_says_where() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let answer = server.post("/api/run", &json!({"text": "T | where Nothing == 1"}));
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert_eq!(
        (error["diagnostics"][0]["start"].as_u64(), error["diagnostics"][0]["end"].as_u64()),
        (Some(10), Some(17))
    );
    for wrong in [json!({}), json!({"text": 5}), json!([]), json!({"text": "print 1", "now": "never"})] {
        let answer = server.post("/api/run", &wrong);
        assert!(answer.status == 400 && answer.json()["error"]["message"].is_string(), "{wrong}");
    }
}

#[test]
fn more_rows_than_the_page_shows_are_left_out() {
    let (server, _folder) = TestServer::over(&[]);
    let answer = server.post("/api/run", &json!({"text": "range x from 1 to 1000005 step 1"}));
    let text = answer.text();
    let end: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((end["end"]["rows"].as_u64(), end["end"]["truncated"].as_bool()), (Some(1_000_000), Some(true)));
}

#[test]
fn a_run_can_be_cancelled() {
    let (server, _folder) = TestServer::over(&[]);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            server.post(
                "/api/run",
                &json!({"text": "range x from 1 to 1000000000000 step 1 | summarize sum(x)", "id": "mine"}),
            )
        });
        let begun = std::time::Instant::now();
        while asked(&server, "/api/cancel", &json!({"id": "mine"}))["cancelled"] == false {
            assert!(begun.elapsed().as_secs() < 30, "the query does not start");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(running.join().unwrap().text().contains("cancelled"));
    });
}

#[test]
fn tables_have_columns_samples_and_counts() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let tables = server.get("/api/tables").json();
    let table = tables.as_array().unwrap().iter().find(|table| table["name"] == "T").unwrap();
    assert_eq!((table["kind"].as_str(), table["columns"][1]["type"].as_str()), (Some("data"), Some("long")));
    assert!(
        tables.as_array().unwrap().iter().any(|table| table["kind"] == "schema" && table["name"] == "SecurityEvent")
    );
    let found = asked(&server, "/api/table", &json!({"name": "T"}));
    assert_eq!(found["sample"], json!([["pc-1", "5"], ["pc-2", "7"], ["pc-3", null]]));
    let about = asked(&server, "/api/describe", &json!({"name": "T"}));
    assert_eq!(about["rows"], 3);
    assert!(about["recognised"][0].as_str().unwrap().starts_with("T.csv: "));
    let column = asked(&server, "/api/column", &json!({"table": "T", "column": "Count"}));
    assert_eq!((column["rows"].as_u64(), column["filled"].as_u64()), (Some(3), Some(2)));
    assert_eq!(server.post("/api/table", &json!({"name": "Nothing"})).status, 404);
    assert_eq!(server.post("/api/describe", &json!({"name": "SecurityEvent"})).status, 404);
    assert_eq!(server.post("/api/column", &json!({"table": "T\"] | take 1 //", "column": "x"})).status, 400);
}

#[test]
fn a_file_becomes_a_table() {
    let (server, folder) = TestServer::over(&[CSV]);
    let add = |name: &str, body: &str| server.send("POST", &format!("/api/file?name={name}"), &[], body.as_bytes());
    let added = add("..%2f..%2fnew.csv", "a,b\n1,x\n2,y\n").json();
    assert_eq!((added["table"].as_str(), added["rows"].as_u64()), (Some("new"), Some(2)), "{added}");
    assert!(added["recognised"][0].as_str().unwrap().starts_with("new.csv: "), "{added}");
    assert_eq!(server.rows("new | summarize sum(a)"), json!([[3]]));
    // the same name again takes its place
    assert_eq!(add("new.csv", "a\n5\n").status, 200);
    assert_eq!(server.rows("new | summarize sum(a)"), json!([[5]]));
    assert!(!folder.path().join("new.csv").exists());
    assert_eq!(add("T.csv", "a\n1\n").status, 403);
    for (name, body) in [("", "a\n1\n"), ("..", "a\n1\n"), ("x.unknown", "\u{1}\u{2}"), ("y.json", "{")] {
        let refused = add(name, body);
        assert!((400..500).contains(&refused.status), "{name}: {}", refused.status);
        assert!(!refused.text().contains("/tmp"), "{}", refused.text());
    }
    let settings = ServerSettings { read_only: true, ..ServerSettings::default() };
    let (server, _folder) = TestServer::with(&[CSV], settings);
    assert_eq!(server.send("POST", "/api/file?name=new.csv", &[], b"a\n1\n").status, 403);
}

#[test]
fn explains_rows_and_covers_conditions() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let text = "// ä\nT | where Count > 5 and Host has 'pc'";
    let why = asked(&server, "/api/why", &json!({"text": text, "condition": "Host == 'pc-1'"}));
    let row = &why["rows"][0];
    assert_eq!((why["selected"].as_u64(), row["in_result"].as_bool()), (Some(1), Some(false)));
    let arm = &row["left_out_by"][0]["arms"][0];
    assert_eq!((arm["text"].as_str(), arm["value"].as_bool()), (Some("Count > 5"), Some(false)));
    assert_eq!((arm["start"].as_u64(), arm["operands"]["Count"].as_str()), (Some(15), Some("5")));
    let kept = asked(&server, "/api/why", &json!({"text": text, "condition": "Host == 'pc-2'", "table": "T"}));
    assert_eq!(kept["rows"][0]["in_result"], true);
    for wrong in [json!({"text": text, "condition": ""}), json!({"text": text, "condition": "Nothing == 1"})] {
        assert_eq!(server.post("/api/why", &wrong).status, 400);
    }
    assert_eq!(server.post("/api/why", &json!({"text": text, "condition": "Host == 'none'"})).status, 404);
    let coverage = asked(&server, "/api/coverage", &json!({"text": text}));
    let unit = coverage["units"].as_array().unwrap().iter().find(|unit| unit["text"] == "Count > 5").unwrap();
    assert_eq!(
        (unit["kind"].as_str(), unit["yes"].as_u64(), unit["no"].as_u64()),
        (Some("condition"), Some(1), Some(2))
    );
}

#[test]
fn exports_in_every_format() {
    let (server, _folder) = TestServer::over(&[CSV]);
    let export = |text: &str, format: &str, more: Value| {
        let mut body = json!({"text": text, "format": format});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/api/export", &body)
    };
    let csv = export("T | project Host", "csv", json!({}));
    assert_eq!(csv.text().replace('\r', ""), "Host\npc-1\npc-2\npc-3\n");
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"result.csv\""));
    assert!(export("T", "parquet", json!({})).body.starts_with(b"PAR1"));
    assert!(export("T", "arrow", json!({})).body.starts_with(b"ARROW1"));
    for format in ["json", "ndjson", "markdown", "html"] {
        let answer = export("T", format, json!({}));
        assert!(answer.status == 200 && answer.text().contains("pc-2"), "{format}");
    }
    assert_eq!(export("print 1; print 2", "parquet", json!({})).status, 400);
    assert!(export("print 1; print 2", "csv", json!({"result": 1})).text().contains('2'));
    assert_eq!(export("print 1", "csv", json!({"result": 5})).status, 400);
    assert_eq!(export("print 1", "xml", json!({})).status, 400);
    assert_eq!(export("print 1", "svg", json!({})).status, 400);
}

#[test]
fn the_page_itself_needs_no_token() {
    let settings = ServerSettings { token: Some(Token::new("0123456789abcdef").unwrap()), ..ServerSettings::default() };
    let (server, _folder) = TestServer::with(&[CSV], settings);
    assert_eq!((server.get("/").status, server.get("/assets/page.js").status), (200, 200));
    let session = server.get("/api/session").json();
    assert_eq!((session["token_needed"].as_bool(), session["read_only"].as_bool()), (Some(true), Some(false)));
    assert_eq!(server.get("/api/tables").status, 401);
    for path in ["/api/run", "/api/check", "/api/file?name=a.csv", "/api/export", "/api/why"] {
        assert_eq!(server.post(path, &json!({"text": "print 1"})).status, 401, "{path}");
    }
    let allowed = server.send("GET", "/api/tables", &[("Authorization", "Bearer 0123456789abcdef")], b"");
    assert_eq!(allowed.status, 200);
}
