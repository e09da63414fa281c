//! Commands of Kusto's clients.

use crate::client::TestServer;
use kql_server::ServerSettings;
use serde_json::{Value, json};

const T: (&str, &str) = ("T.ndjson", "{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n");

#[test]
fn what_clients_ask_first() {
    let (server, _folder) = TestServer::over(&[T]);
    assert_eq!(server.done(".show version")[0][2], "Engine");
    assert_eq!(server.done(".show databases")[0][0], "NetDefaultDB");
    assert_eq!(server.done(".show tables"), json!([["T", "NetDefaultDB", "", ""]]));
    assert_eq!(server.done(".show tables | where TableName has 'T' | count"), json!([[1]]));
    assert_eq!(server.done(".show table T cslschema"), json!([["T", "a:long,b:string", "NetDefaultDB", "", ""]]));
    assert_eq!(server.done(".show table T details")[0][7], 2);
    let rows = server.done(".show database ['NetDefaultDB'] schema");
    assert!(rows.as_array().unwrap().iter().any(|row| row[1] == "T" && row[2] == "a" && row[3] == "System.Int64"));
    let piped = ".show databases entities with (showObfuscatedStrings=true) | where DatabaseName == 'NetDefaultDB' \
        | project EntityName, EntityType, Folder, DocString";
    assert_eq!(server.done(piped), json!([["T", "Table", "", ""]]));
    // any name is that of the database
    let other = server.post("/v1/rest/mgmt", &json!({"db": "Other", "csl": ".show databases"}));
    assert_eq!(other.json()["Tables"][0]["Rows"][0][0], "Other");
    for text in [
        ".show operations",
        ".show materialized-views",
        ".show external tables",
        ".show database schema",
        ".show cluster",
    ] {
        assert_eq!(server.command(text).status, 200, "{text}");
    }
}

#[test]
fn schema_as_json() {
    let (server, _folder) = TestServer::over(&[T]);
    server.done(".create-or-alter function with (docstring='Adds') F(x: long, y: string = 'q') { print x }");
    for (command, name) in [
        (".show databases schema as json", "NetDefaultDB"),
        (".show database schema as json", "NetDefaultDB"),
        (".show database ['D'] schema as json", "D"),
        (".show schema as json", "NetDefaultDB"),
    ] {
        let rows = server.done(command);
        let schema: Value = serde_json::from_str(rows[0][0].as_str().unwrap()).unwrap();
        let database = &schema["Databases"][name];
        assert_eq!(database["Name"], name, "{command}");
        let column = &database["Tables"]["T"]["OrderedColumns"][0];
        assert_eq!(column, &json!({"Name": "a", "Type": "System.Int64", "CslType": "long"}));
        // tables of which only the columns are known
        assert!(database["Tables"]["SecurityEvent"]["OrderedColumns"].as_array().unwrap().len() > 100);
        let function = &database["Functions"]["F"];
        assert_eq!(function["DocString"], "Adds");
        assert_eq!(function["InputParameters"][0], json!({"Name": "x", "Type": "System.Int64", "CslType": "long"}));
        assert_eq!(function["InputParameters"][1]["CslDefaultValue"], "'q'");
    }
}

#[test]
fn functions() {
    let (server, _folder) = TestServer::over(&[T]);
    server.done(".create function Twice(x: long) { x * 2 }");
    assert_eq!(server.rows("print Twice(21)"), json!([[42]]));
    assert_eq!(server.command(".create function Twice(x: long) { x }").status, 400);
    server.done(".create function ifnotexists Twice(x: long) { x }");
    assert_eq!(server.rows("print Twice(21)"), json!([[42]]));
    server.done(".create-or-alter function with (folder='f') Twice(x: long) {\n  T | where a > x\n}");
    assert_eq!(server.rows("Twice(1)"), json!([[2, "y"]]));
    assert_eq!(server.done(".show function Twice")[0], json!(["Twice", "(x: long)", "{ T | where a > x }", "f", ""]));
    assert_eq!(server.done(".show functions").as_array().unwrap().len(), 1);
    assert_eq!(server.command(".create function Bad(x: long) { x + }").status, 400);
    assert_eq!(server.command(".create function Bad(x: long").status, 400);
    server.done(".drop function Twice");
    assert_eq!(server.command(".drop function Twice").status, 400);
    server.done(".drop function Twice ifexists");
    assert_eq!(server.query("print Twice(1)").status, 400);
}

#[test]
fn tables() {
    let (server, _folder) = TestServer::over(&[T]);
    server.done(".create table New (x: long, ['a b']: string) with (docstring='d', folder='f')");
    assert_eq!(server.rows("New"), json!([]));
    assert_eq!(server.done(".show tables | where TableName == 'New'"), json!([["New", "NetDefaultDB", "f", "d"]]));
    // one that exists stays
    server.done(".create table New (y: string)");
    assert_eq!(server.done(".show table New cslschema")[0][1], "x:long,a b:string");
    server.done(".alter table New docstring 'other'");
    assert_eq!(server.done(".show tables | where TableName == 'New' | project DocString"), json!([["other"]]));
    server.done(".drop table New");
    assert_eq!(server.query("New").status, 400);
    assert_eq!(server.command(".drop table New").status, 400);
    server.done(".drop table New ifexists");
    // files do not change
    for text in [".drop table T", ".set-or-append T <| print a = 1, b = 'x'", ".ingest inline into table T <| 1,x"] {
        let answer = server.command(text);
        assert_eq!(answer.status, 403, "{text}: {}", answer.text());
    }
    for text in [
        ".create table (x: long)",
        ".create table X",
        ".create table ../X (a: long)",
        ".create table X (a: what)",
        ".nonsense",
        ".",
        ". .",
    ] {
        assert_eq!(server.command(text).status, 400, "{text}");
    }
}

#[test]
fn nothing_changes_when_it_must_not() {
    let settings = ServerSettings { read_only: true, ..ServerSettings::default() };
    let (server, _folder) = TestServer::with(&[T], settings);
    for text in [".create table X (a: long)", ".drop table X", ".create function F() { 1 }", ".set X <| print 1"] {
        assert_eq!(server.command(text).status, 403, "{text}");
    }
    let rows = server.send("POST", "/v1/rest/ingest/d/T?streamFormat=csv", &[], b"1,x\n");
    assert_eq!(rows.status, 403);
    assert_eq!(server.done(".show tables").as_array().unwrap().len(), 1);
    let (server, _folder) = TestServer::over(&[T]);
    let body = json!({"csl": ".create table X (a: long)", "properties": {"Options": {"request_readonly": true}}});
    assert_eq!(server.post("/v1/rest/mgmt", &body).status, 403);
}

#[test]
fn queries_are_listed_and_cancelled() {
    let (server, _folder) = TestServer::over(&[]);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let body = json!({"csl": "range x from 1 to 1000000000000 step 1 | summarize sum(x)"}).to_string();
            server.send("POST", "/v2/rest/query", &[("x-ms-client-request-id", "long one")], body.as_bytes())
        });
        let listed = || server.done(".show queries | where State == 'InProgress' | project ClientActivityId");
        let start = std::time::Instant::now();
        while listed() != json!([["long one"],]) {
            assert!(start.elapsed().as_secs() < 30, "the query is not listed: {}", server.done(".show queries"));
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(server.done(".cancel query 'long one'")[0][1], true);
        let answer = running.join().unwrap();
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("QueryCancelled")));
    });
    assert_eq!(server.done(".cancel query 'long one'")[0][1], false);
    assert_eq!(
        server.done(".show queries | where ClientActivityId == 'long one' | project State"),
        json!([["Cancelled"]])
    );
}

#[test]
fn words_after_a_command_are_not_ignored() {
    let (server, _folder) = TestServer::over(&[T]);
    for text in [
        ".show tables; print 1",
        ".show version please",
        ".show table T cslschema U",
        ".show functions T",
        ".show queries now",
        ".show database schema as json as csl",
    ] {
        assert_eq!(server.command(text).status, 400, "{text}");
    }
    assert_eq!(server.command(".show tables;").status, 200);
}

#[test]
fn one_result_becomes_rows() {
    let (server, _folder) = TestServer::over(&[]);
    let refused = server.command(".set-or-append New <| print 1; print 2");
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("2 results"), "{}", refused.text());
    assert_eq!(server.command(".show table New").status, 400);
}
