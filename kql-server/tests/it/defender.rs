//! Clients of Defender and of Microsoft Graph.

use crate::client::TestServer;
use kql_server::{ServerSettings, Token};
use serde_json::json;

const T: (&str, &str) = ("T.ndjson", "{\"a\": 1, \"b\": {\"c\": \"x\"}}\n");

#[test]
fn advanced_hunting() {
    let (server, _folder) = TestServer::over(&[T]);
    for path in ["/api/advancedqueries/run", "/api/advancedhunting/run"] {
        let answer = server.post(path, &json!({"Query": "T | project a, b, ok = true"})).json();
        let schema = [("a", "Int64"), ("b", "Object"), ("ok", "Boolean")].map(|(n, t)| json!({"Name": n, "Type": t}));
        assert_eq!(answer["Schema"], json!(schema));
        assert_eq!(answer["Results"], json!([{"a": 1, "b": {"c": "x"}, "ok": true}]));
        assert!(answer["Stats"]["ExecutionTime"].is_number());
    }
    for name in ["Query", "query"] {
        let answer = server.post("/v1.0/security/runHuntingQuery", &json!({name: "T | project a, ok = true"})).json();
        assert_eq!(answer["schema"], json!([{"name": "a", "type": "Int64"}, {"name": "ok", "type": "SByte"}]));
        assert_eq!(answer["results"], json!([{"a": 1, "ok": true}]));
    }
    let wrong = server.post("/api/advancedhunting/run", &json!({"Query": "nothing"}));
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!("BadRequest")));
}

#[test]
fn options_of_the_text() {
    let (server, _folder) = TestServer::over(&[]);
    let text = "set query_take_max_records = 2; range x from 1 to 9 step 1";
    let answer = server.post("/api/advancedhunting/run", &json!({"Query": text})).json();
    assert_eq!(answer["Results"], json!([{"x": 1}, {"x": 2}]));
}

#[test]
fn the_flow_with_a_secret() {
    let form = |secret: &str| format!("client_id=c&grant_type=client_credentials&client_secret={secret}");
    let (server, _folder) = TestServer::over(&[]);
    let answer = server.send("POST", "/t/oauth2/v2.0/token", &[], form("anything").as_bytes());
    assert_eq!((answer.status, &answer.json()["token_type"]), (200, &json!("Bearer")));
    let token = Some(Token::new("0123456789abcdef").unwrap());
    let (server, _folder) = TestServer::with(&[], ServerSettings { token, ..ServerSettings::default() });
    assert_eq!(server.send("POST", "/t/oauth2/v2.0/token", &[], form("wrong").as_bytes()).status, 401);
    let answer = server.send("POST", "/t/oauth2/v2.0/token", &[], form("0123456789abcdef").as_bytes()).json();
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    let body = json!({"Query": "print x = 1"}).to_string();
    let path = "/api/advancedhunting/run";
    assert_eq!(server.send("POST", path, &[("Authorization", &bearer)], body.as_bytes()).status, 200);
    assert_eq!(server.send("POST", path, &[], body.as_bytes()).status, 401);
}
