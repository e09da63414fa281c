//! Rows that clients send.

use crate::client::TestServer;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn server() -> TestServer {
    let (server, _) = TestServer::over(&[]);
    server.done(".create table T (n: long, s: string, t: datetime, d: dynamic, ok: bool)");
    server
}

#[test]
fn inline() {
    let server = server();
    let done = server.done(
        ".ingest inline into table T <|\n1,\"a, b\",2026-01-02T03:04:05.1234567Z,\"{\"\"k\"\": 1}\",true\n2,,,,\n",
    );
    assert_eq!(done[0][3], 2);
    let rows = json!([[1, "a, b", "2026-01-02T03:04:05.1234567Z", {"k": 1}, true], [2, "", null, null, null]]);
    assert_eq!(server.rows("T | sort by n asc"), rows);
    server.done(".ingest inline into table T with (format='json') <| {\"n\": 3, \"s\": \"c\", \"other\": 1}");
    server.done(".ingest inline into table T with (format='csv', ignoreFirstRecord=true) <|\nn,s\n4,d");
    assert_eq!(server.rows("T | where n > 2 | sort by n asc | project n, s"), json!([[3, "c"], [4, "d"]]));
    // a value that does not fit is null
    server.done(".ingest inline into table T <| x,e");
    assert_eq!(server.rows("T | where s == 'e' | project n"), json!([[null]]));
    assert_eq!(server.command(".ingest inline into table Nothing <| 1").status, 400);
    assert_eq!(server.command(".ingest inline into table T with (format='avro') <| 1").status, 400);
    assert_eq!(server.command(".ingest inline into table T with (format='json') <| {\"n\": ").status, 400);
    assert_eq!(server.command(".ingest into table T ('/etc/passwd')").status, 400);
}

#[test]
fn streams() {
    let server = server();
    let send = |format: &str, headers: &[(&str, &str)], body: &[u8]| {
        let answer =
            server.send("POST", &format!("/v1/rest/ingest/NetDefaultDB/T?streamFormat={format}&x=1"), headers, body);
        (answer.status, answer.text())
    };
    let packed = [("Content-Encoding", "gzip")];
    assert_eq!(send("csv", &packed, &gzip(b"1,a\r\n2,b\r\n")).0, 200);
    assert_eq!(
        send("json", &packed, &gzip(b"{\"n\": 3, \"s\": \"c\", \"d\": {\"k\": [1, \"\\n\"]}}\n{\"n\": 4}\n")).0,
        200
    );
    assert_eq!(send("multijson", &[], b"[{\"n\": 5,\n \"s\": \"e\"}, {\"n\": 6}] {\"n\": 7}").0, 200);
    assert_eq!(
        server.rows("T | sort by n asc | project n, s"),
        json!([[1, "a"], [2, "b"], [3, "c"], [4, ""], [5, "e"], [6, ""], [7, ""]])
    );
    assert_eq!(server.rows("T | where n == 3 | project d"), json!([[{"k": [1, "\n"]}]]));
    let answer = server.send("POST", "/v1/rest/ingest/d/T?streamFormat=csv", &[], b"8,h\n").json();
    assert_eq!(answer["Tables"][0]["Columns"][0]["ColumnName"], "ConsumptionMode");
    for (format, headers, body) in [
        ("avro", &[][..], &b"x"[..]),
        ("json", &[], b"[1, 2]"),
        ("json", &[], b"{"),
        ("csv", &packed, b"not packed"),
        ("csv", &[], b"1,\xff\xfe\n"),
    ] {
        let (status, text) = send(format, headers, body);
        assert_eq!(status, 400, "{format}: {text}");
    }
    assert_eq!(send("csv", &[("Content-Encoding", "br")], b"1").0, 415);
    assert_eq!(server.rows("T | count"), json!([[8]]), "nothing of a refused request is there");
}

#[test]
fn results_of_queries() {
    let (server, _folder) = TestServer::over(&[("Base.csv", "x\n1\n2\n")]);
    assert_eq!(server.done(".set-or-append Kept with (folder='f') <| Base | extend y = tostring(x)")[0][3], 2);
    server.done(".set-or-append Kept <| print x = 3, y = 'c'");
    assert_eq!(server.rows("Kept | sort by x asc"), json!([[1, "1"], [2, "2"], [3, "c"]]));
    assert_eq!(server.command(".set Kept <| print 1").status, 400);
    assert_eq!(server.command(".append Other <| print 1").status, 400);
    let other = server.command(".append Kept <| print x = 'text', y = 'c'");
    assert_eq!(other.status, 400);
    assert!(other.text().contains("x:long"), "{}", other.text());
    server.done(".set-or-replace Kept <| print z = 1.5");
    assert_eq!(server.rows("Kept"), json!([[1.5]]));
    server.done(".clear table Kept data");
    assert_eq!(server.rows("Kept"), json!([]));
    assert_eq!(server.command(".set-or-append Kept <| nothing").status, 400);
}

#[test]
fn tables_of_the_catalogue_get_rows() {
    let (server, _folder) = TestServer::over(&[]);
    let body = b"{\"DeviceName\": \"d\", \"Timestamp\": \"2026-01-01T00:00:00Z\", \"FileName\": \"cmd.exe\"}\n";
    let answer = server.send("POST", "/v1/rest/ingest/d/DeviceProcessEvents?streamFormat=json", &[], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let rows = server.rows("DeviceProcessEvents | project Timestamp, DeviceName, FileName");
    assert_eq!(rows, json!([["2026-01-01T00:00:00Z", "d", "cmd.exe"]]));
}

#[test]
fn rows_in_brackets() {
    let (server, _) = TestServer::over(&[]);
    server.done(".create table B (s: string, n: long)");
    server.done(".ingest inline into table B\n  [Shoes,1000]\n  [\"a, ]b\",50] [[x],7]");
    assert_eq!(server.rows("B | sort by n asc"), json!([["[x]", 7], ["a, ]b", 50], ["Shoes", 1000]]));
    for wrong in ["[a,1] b", "[a,1", "a"] {
        assert_eq!(server.command(&format!(".ingest inline into table B {wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn words_that_are_not_understood_are_refused() {
    let (server, _) = TestServer::over(&[]);
    server.done(".create table W (n: long)");
    for wrong in [
        ".set-or-append W some garbage <| print 1",
        ".set-or-append with (folder='x') W <| print 1",
        ".create table V (a: int) garbage",
        ".clear table W data please",
        ".drop table W whatever",
        ".ingest inline into table W garbage <| 1",
    ] {
        assert_eq!(server.command(wrong).status, 400, "{wrong}");
    }
    assert_eq!(server.rows("W | count"), json!([[0]]));
}

#[test]
fn ambiguous_dates_are_read_as_todatetime_reads_them() {
    let server = server();
    server.done(".create table D (t: datetime)");
    server.done(".ingest inline into table D <|\n03/04/2026\n2026-05-06");
    let rows =
        server.rows("D | sort by t asc | where t == todatetime('03/04/2026') or t == datetime(2026-05-06) | count");
    assert_eq!(rows, json!([[2]]));
}
