//! Clients of Log Analytics.

use crate::client::TestServer;
use serde_json::{Value, json};

const EVENTS: (&str, &str) = (
    "Events.ndjson",
    "{\"TimeGenerated\": \"2026-01-01T00:00:00Z\", \"n\": 1, \"d\": {\"k\": [1]}}\n\
     {\"TimeGenerated\": \"2026-01-01T01:00:00Z\", \"n\": 2, \"d\": {\"k\": [2]}}\n\
     {\"TimeGenerated\": \"2026-01-01T02:00:00Z\", \"n\": 3, \"d\": null}\n",
);
const PATH: &str = "/v1/workspaces/00000000-0000-0000-0000-000000000000/query";

#[test]
fn tables_and_types() {
    let (server, _folder) = TestServer::over(&[EVENTS]);
    let answer = server
        .post(PATH, &json!({"query": "Events | sort by n asc | project n, d", "timespan": null, "workspaces": null}));
    assert_eq!(answer.status, 200);
    // a dynamic value is a text
    let rows = json!([[1, "{\"k\":[1]}"], [2, "{\"k\":[2]}"], [3, null]]);
    let columns = json!([{"name": "n", "type": "long"}, {"name": "d", "type": "dynamic"}]);
    assert_eq!(answer.json(), json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}));
    let resource =
        server.post("/v1/subscriptions/s/resourceGroups/g/providers/p/t/r/query", &json!({"query": "print 1"}));
    assert_eq!(resource.json()["tables"][0]["rows"], json!([[1]]));
    let metadata = server.get("/v1/workspaces/w/metadata").json();
    assert_eq!(metadata["tables"][0]["name"], "Events");
    assert_eq!(metadata["tables"][0]["columns"][1], json!({"name": "n", "type": "long"}));
    assert_eq!(server.post("/v1/subscriptions/s/other", &json!({"query": "print 1"})).status, 404);
}

#[test]
fn the_range_of_times() {
    let (server, _folder) = TestServer::over(&[EVENTS]);
    let count = |query: &str, timespan: &str| -> Value {
        let answer = server.post(PATH, &json!({"query": query, "timespan": timespan}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["tables"][0]["rows"][0][0].clone()
    };
    // the end does not belong to it
    assert_eq!(count("Events | count", "2026-01-01T00:00:00.000Z/PT7200.0S"), 2);
    assert_eq!(count("Events | count", "2026-01-01T00:30:00Z/2026-01-01T01:30:00Z"), 1);
    assert_eq!(count("Events | where TimeGenerated >= datetime(2026-01-01T01:00:00Z) | count", "2026-01-01/PT2H"), 1);
    assert_eq!(count("Events | join kind=inner Events on n | count", "2026-01-01/PT2H"), 2);
    assert_eq!(count("print 1", "PT86400.0S"), 1);
    assert_eq!(count("Events | count", "P1D"), 0);
    assert_eq!(server.post(PATH, &json!({"query": "print 1", "timespan": "yesterday"})).status, 400);
}

#[test]
fn options_of_the_text() {
    let (server, _folder) = TestServer::over(&[]);
    let query = |text: &str| server.post(PATH, &json!({"query": text}));
    let cut = query("set query_take_max_records = 2; range x from 1 to 9 step 1").json();
    assert_eq!(cut["tables"][0]["rows"], json!([[1], [2]]));
    let now = query("set query_now = datetime(2020-05-01); print now()").json();
    assert_eq!(now["tables"][0]["rows"], json!([["2020-05-01T00:00:00Z"]]));
    assert_eq!(query("set truncationmaxrecords = 'few'; print 1").status, 400);
}

#[test]
fn preferences() {
    let (server, _folder) = TestServer::over(&[EVENTS]);
    let body = json!({"query": "Events | project n, TimeGenerated | render timechart"}).to_string();
    let prefer = [("Prefer", "wait=60,include-statistics=true,include-render=true")];
    let answer = server.send("POST", PATH, &prefer, body.as_bytes()).json();
    assert_eq!(answer["render"]["visualization"], "timechart");
    assert!(answer["statistics"]["query"]["executionTime"].is_number());
    // an old client reads the tables of Kusto
    let answer = server.send("POST", PATH, &[("Prefer", "ai.response-thinning=false")], body.as_bytes()).json();
    assert_eq!(answer["Tables"][0]["Columns"][0]["ColumnName"], "n");
}

#[test]
fn batches() {
    let (server, _folder) = TestServer::over(&[EVENTS]);
    let one = |id: &str, query: &str| json!({"id": id, "body": {"query": query, "timespan": null}, "headers": {}, "path": "/query", "method": "POST", "workspace": "w"});
    let requests = json!({"requests": [one("7", "Events | count"), one("a-b", "nothing"), one("3", "print 1")]});
    let answers = server.post("/v1/$batch", &requests).json();
    let answers = answers["responses"].as_array().unwrap();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, ["7", "a-b", "3"]);
    assert_eq!(answers[0]["body"]["tables"][0]["rows"], json!([[3]]));
    assert_eq!(
        (&answers[1]["status"], &answers[1]["body"]["error"]["innererror"]["code"]),
        (&json!(400), &json!("SemanticError"))
    );
    assert_eq!(server.post("/v1/$batch", &json!({})).status, 400);
}

#[test]
fn errors() {
    let (server, _folder) = TestServer::over(&[]);
    let answer = server.post(PATH, &json!({"query": "nothing | take 1"}));
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("BadArgumentError")));
    assert_eq!(server.post(PATH, &json!({})).status, 400);
}
