//! Queries of Kusto's clients.

use crate::client::TestServer;
use serde_json::{Value, json};

const PEOPLE: (&str, &str) = ("People.csv", "name,age,born\nAda,36,1815-12-10T00:00:00.1234567Z\nAlan,41,1912-06-23\n");

#[test]
fn frames_of_the_second_version() {
    let (server, _folder) = TestServer::over(&[PEOPLE]);
    let answer = server.query("People | sort by age asc | project name, age");
    assert_eq!(answer.status, 200);
    let frames = answer.json();
    let kinds: Vec<&str> = frames.as_array().unwrap().iter().map(|f| f["FrameType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["DataSetHeader", "DataTable", "DataTable", "DataTable", "DataSetCompletion"]);
    assert_eq!(frames[0]["IsProgressive"], false);
    assert_eq!(frames[2]["TableKind"], "PrimaryResult");
    assert_eq!(
        frames[2]["Columns"],
        json!([{"ColumnName": "name", "ColumnType": "string"}, {"ColumnName": "age", "ColumnType": "long"}])
    );
    assert_eq!(frames[2]["Rows"], json!([["Ada", 36], ["Alan", 41]]));
    assert_eq!(frames[4]["HasErrors"], false);
    let completion = frames[3]["Rows"].as_array().unwrap();
    assert!(completion.iter().all(|row| row[5].as_i64().unwrap() >= 4), "clients take lower levels for errors");
    // clients that read frames one by one need the columns before the rows
    let text = answer.text();
    let place = |what: &str| text.find(what).unwrap();
    assert!(place("\"Columns\"") < place("\"Rows\""));
}

#[test]
fn tables_of_the_first_version() {
    let (server, _folder) = TestServer::over(&[PEOPLE]);
    let answer = server.post("/v1/rest/query", &json!({"db": "x", "csl": "People | count"})).json();
    let tables = answer["Tables"].as_array().unwrap();
    assert_eq!(tables.len(), 4);
    assert_eq!(tables[0]["Columns"], json!([{"ColumnName": "Count", "DataType": "Int64", "ColumnType": "long"}]));
    assert_eq!(tables[0]["Rows"], json!([[2]]));
    let contents = tables[3]["Rows"].as_array().unwrap();
    let kinds: Vec<&str> = contents.iter().map(|row| row[1].as_str().unwrap()).collect();
    assert_eq!(kinds, ["QueryResult", "QueryProperties", "QueryStatus"]);
    assert_eq!(contents[0][2], "PrimaryResult");
}

#[test]
fn values_of_each_type() {
    let (server, _folder) = TestServer::over(&[]);
    let query = "print b = true, i = int(1), l = 9007199254740993, r = 1.5, n = real(nan), m = real(-inf), d = decimal(123.45), \
        t = datetime(2026-01-02T03:04:05.1234567Z), s = time(1.02:03:04.1234567), g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), \
        o = dynamic({\"a\":[1,null]}), x = 'q\"\\u00e9', nb = bool(null), nd = dynamic(null), nt = datetime(null), ns = ''";
    let expected = json!([[true, 1, 9_007_199_254_740_993_i64, 1.5, "NaN", "-Infinity", "123.45", "2026-01-02T03:04:05.1234567Z",
        "1.02:03:04.1234567", "74be27de-1e4e-49d9-b579-fe0b331d3642", {"a": [1, null]}, "q\"é", null, null, null, ""]]);
    assert_eq!(server.rows(query), expected);
    let first = server.post("/v1/rest/query", &json!({"csl": query})).json();
    assert_eq!(first["Tables"][0]["Rows"], expected);
    let types: Vec<Value> =
        first["Tables"][0]["Columns"].as_array().unwrap().iter().map(|c| c["DataType"].clone()).collect();
    assert_eq!(
        types[..11],
        [
            "SByte",
            "Int32",
            "Int64",
            "Double",
            "Double",
            "Double",
            "SqlDecimal",
            "DateTime",
            "TimeSpan",
            "Guid",
            "Object"
        ]
        .map(Value::from)
    );
}

#[test]
fn several_results_and_a_chart() {
    let (server, _folder) = TestServer::over(&[]);
    let frames = server.query("print a = 1; range x from 1 to 3 step 1 | render timechart with (title='T')").json();
    let primary: Vec<&Value> =
        frames.as_array().unwrap().iter().filter(|frame| frame["TableKind"] == "PrimaryResult").collect();
    assert_eq!(primary.len(), 2);
    assert_eq!(primary[1]["Rows"], json!([[1], [2], [3]]));
    let properties = frames[1]["Rows"].as_array().unwrap();
    let visualization: Value = serde_json::from_str(properties[1][2].as_str().unwrap()).unwrap();
    assert_eq!((&visualization["Visualization"], &visualization["Title"]), (&json!("timechart"), &json!("T")));
}

#[test]
fn errors_are_those_of_the_query() {
    let (server, _folder) = TestServer::over(&[]);
    let answer = server.query("nothing_here | take 1");
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert!(error["@message"].as_str().unwrap().contains("Semantic error: "), "{error}");
    assert!(error["@message"].as_str().unwrap().contains("nothing_here"));
    assert_eq!(error["code"], "BadRequest_SemanticError");
    let answer = server.query("print (");
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("BadRequest_SyntaxError")));
    for body in ["", "{", "[]", "{\"db\": 1}", "null", "{\"csl\": \"print 1\", \"properties\": \"{\"}"] {
        let answer = server.send("POST", "/v2/rest/query", &[], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["error"]["message"].is_string());
    }
    assert_eq!(server.query(".show tables").status, 400);
}

#[test]
fn properties() {
    let (server, _folder) = TestServer::over(&[]);
    let run = |csl: &str, properties: Value| {
        server.post("/v2/rest/query", &json!({"db": "d", "csl": csl, "properties": properties}))
    };
    let rows = |csl: &str, properties: Value| {
        let answer = run(csl, properties);
        assert_eq!(answer.status, 200, "{csl}: {}", answer.text());
        answer.json()[2]["Rows"].clone()
    };
    let parameters =
        json!({"Options": {"servertimeout": "0:01:00"}, "Parameters": {"n": 5, "s": "x y", "undeclared": 1}});
    let query = "declare query_parameters(n: long, s: string); print n + 1, s";
    assert_eq!(rows(query, parameters.clone()), json!([[6, "x y"]]));
    assert_eq!(rows(query, Value::String(parameters.to_string())), json!([[6, "x y"]]));
    let dynamics = json!({"Parameters": {"y": "dynamic([1])", "z": "{\"a\": 1}", "s": "text", "l": [7]}});
    let query = "declare query_parameters(y: dynamic, z: dynamic, s: dynamic, l: dynamic); \
                 print gettype(y), y[0], z.a, gettype(s), s, l[0]";
    assert_eq!(rows(query, dynamics), json!([["array", 1, 1, "string", "text", 7]]));
    let now = json!({"Options": {"query_now": "2020-05-01T00:00:00Z"}});
    assert_eq!(rows("print now()", now), json!([["2020-05-01T00:00:00Z"]]));
    assert_eq!(run("print now()", json!({"Options": {"query_now": 1588291200}})).status, 400);
    let take = json!({"Options": {"query_take_max_records": 3}});
    assert_eq!(rows("range x from 1 to 9 step 1", take), json!([[1], [2], [3]]));
    assert_eq!(run("print 1", json!({"Options": {"servertimeout": "soon"}})).status, 400);
    let timeout = run(
        "range x from 1 to 100000000000 step 1 | summarize sum(x)",
        json!({"Options": {"servertimeout": "00:00:00.2"}}),
    );
    assert_eq!((timeout.status, &timeout.json()["error"]["code"]), (504, &json!("GatewayTimeout")));
}

#[test]
fn truncation() {
    let (server, _folder) = TestServer::over(&[]);
    let run = |options: Value| {
        let body = json!({"csl": "range x from 1 to 600000 step 1", "properties": {"Options": options}});
        server.post("/v2/rest/query", &body).json()
    };
    let cut = run(json!({"truncationmaxrecords": 10}));
    let rows = cut[2]["Rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11, "ten rows and the error");
    assert!(
        rows[10]["OneApiErrors"][0]["error"]["@message"].as_str().unwrap().contains("E_QUERY_RESULT_SET_TOO_LARGE")
    );
    let end = cut.as_array().unwrap().last().unwrap();
    assert_eq!((&end["FrameType"], &end["HasErrors"]), (&json!("DataSetCompletion"), &json!(true)));
    let usual = run(json!({}));
    assert_eq!(usual[2]["Rows"].as_array().unwrap().len(), 500_001);
    let whole = run(json!({"notruncation": true}));
    assert_eq!(whole[2]["Rows"].as_array().unwrap().len(), 600_000);
    // the text can say it, too
    let frames = server.query("set truncationmaxrecords = 5; range x from 1 to 9 step 1").json();
    assert_eq!(frames[2]["Rows"].as_array().unwrap().len(), 6);
    let small = run(json!({"truncationmaxsize": 1000}));
    assert_eq!(small.as_array().unwrap().last().unwrap()["HasErrors"], true);
}

#[test]
fn requests_have_names() {
    let (server, _folder) = TestServer::over(&[]);
    let body = json!({"csl": "print 1"}).to_string();
    let answer = server.send("POST", "/v2/rest/query", &[("x-ms-client-request-id", "KPC.execute;1")], body.as_bytes());
    assert_eq!(answer.header("x-ms-client-request-id"), Some("KPC.execute;1"));
    assert!(answer.header("x-ms-activity-id").is_some_and(|id| id.len() == 36));
    let metadata = server.get("/v1/rest/auth/metadata");
    assert_eq!(metadata.status, 200);
    assert!(metadata.json()["AzureAD"]["LoginEndpoint"].is_string());
}
