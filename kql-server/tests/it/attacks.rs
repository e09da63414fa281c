//! Requests that try to get more than they should.

use crate::client::{Answer, TestServer, write_request};
use serde_json::{Value, json};
use std::io::{Read, Write};

const T: (&str, &str) = ("T.csv", "a\n1\n");

#[test]
fn paths_lead_nowhere() {
    let (server, _folder) = TestServer::over(&[T]);
    for path in [
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/assets//etc/passwd",
        "/%00",
        "/assets/%ff",
        "/api/file?name=..%2f..%2fx.csv",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400..=405), "{path}: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).contains("root:"), "{path}");
    }
    for table in ["..%2f..%2fx", "%2fetc%2fpasswd", "T%00", "..", "%ff"] {
        let answer = server.send("POST", &format!("/v1/rest/ingest/d/{table}?streamFormat=csv"), &[], b"1\n");
        assert!(matches!(answer.status, 400..=404), "{table}: {}", answer.status);
    }
}

#[test]
fn queries_read_no_other_files() {
    let (server, folder) = TestServer::over(&[T]);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.csv"), "s\nhidden\n").unwrap();
    let secret = outside.path().join("secret.csv").display().to_string();
    let own = folder.path().display().to_string();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&secret, folder.path().join("link.csv")).unwrap();
    let read = |uri: &str| {
        server.query(&format!("externaldata(s: string) ['{uri}'] with (format='csv', ignoreFirstRecord=true)"))
    };
    // what lies in the folder can be read
    assert_eq!(read(&format!("{own}/T.csv")).status, 200);
    let outside_name = outside.path().file_name().unwrap().to_str().unwrap();
    for uri in [
        "/etc/passwd".to_owned(),
        "file:///etc/passwd".to_owned(),
        secret.clone(),
        format!("{own}/link.csv"),
        format!("{own}/../{outside_name}/secret.csv"),
        format!("{own}/..%2f{outside_name}%2fsecret.csv"),
        "http://127.0.0.1:1/x.csv".to_owned(),
        "\\\\host\\share\\x.csv".to_owned(),
        "/proc/self/environ".to_owned(),
    ] {
        let answer = read(&uri.replace('\\', "\\\\"));
        assert_eq!(answer.status, 400, "{uri}: {}", answer.text());
        assert!(!answer.text().contains("hidden") && !answer.text().contains("root:"), "{uri}");
    }
}

/// A link in the folder of data leads out of it: the server was told to serve the folder, and not what links point to.
#[test]
fn answers_show_no_paths() {
    let (server, folder) =
        TestServer::over(&[T, ("Broken.parquet", "PAR1 nothing PAR1"), ("Odd.csv", "a,b\n1,2\n3\n\"x\n")]);
    let own = folder.path().display().to_string();
    for query in [
        "Broken",
        "T | extend x = Broken",
        "Odd",
        "externaldata(a: string) ['/no/such/file.csv']",
        "union *",
        "search 'x'",
    ] {
        let text = server.query(query).text();
        assert!(!text.contains(&own), "{query}: {text}");
        assert!(!text.contains("panicked") && !text.contains("src/"), "{query}: {text}");
    }
    for command in [".show tables details", ".show table Broken cslschema", ".show database schema as json"] {
        assert!(!server.command(command).text().contains(&own), "{command}");
    }
}

#[test]
fn broken_texts() {
    let (server, _folder) = TestServer::over(&[T]);
    let wrong: [&[u8]; 6] = [
        b"\xff\xfe\x00",
        b"{\"csl\": \"print '\xc3\x28'\"}",
        b"{\"csl\": \"\\ud800\"}",
        b"\x00",
        b"{\"csl\": 1e999}",
        b"[[[[[",
    ];
    for body in wrong {
        for path in
            ["/v2/rest/query", "/v1/rest/mgmt", "/v1/workspaces/w/query", "/api/advancedhunting/run", "/v1/$batch"]
        {
            let answer = server.send("POST", path, &[], body);
            assert_eq!(answer.status, 400, "{path} {body:?}");
        }
    }
    // nested deeper than a stack
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(server.send("POST", "/v2/rest/query", &[], deep.as_bytes()).status, 400);
    let deep = format!("print {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(server.query(&deep).status, 400);
    assert_eq!(server.query("print '\u{0}'").status, 200);
    let long = server.command(&format!(".show tables {}", "| take 1 ".repeat(5000)));
    assert!(matches!(long.status, 200 | 400), "{}", long.status);
    assert_eq!(server.rows("print 1"), json!([[1]]));
}

#[test]
fn floods_of_headers() {
    let (server, _folder) = TestServer::over(&[T]);
    let mut client = server.connect();
    let mut head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n".to_vec();
    for n in 0..2000 {
        head.extend_from_slice(format!("X-{n}: y\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    client.write_all(&head).unwrap();
    assert_eq!(Answer::read(&mut client).status, 431);
    let mut client = server.connect();
    let long = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "y".repeat(200_000));
    let _ = client.write_all(long.as_bytes());
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn requests_inside_requests() {
    let (server, _folder) = TestServer::over(&[T]);
    // two lengths
    let mut client = server.connect();
    write_request(
        &mut client,
        server.address,
        "POST",
        "/v2/rest/query",
        &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        b"0\r\n\r\n",
    );
    let mut rest = Vec::new();
    client.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    let _ = client.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    let mut client = server.connect();
    write_request(
        &mut client,
        server.address,
        "POST",
        "/v2/rest/query",
        &[("Content-Length", "5"), ("Content-Length", "6")],
        b"abcdef",
    );
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn commands_cannot_be_smuggled_into_queries() {
    let (server, _folder) = TestServer::over(&[T]);
    server.done(".create table Keep (a: long)");
    for text in ["print 1; .drop table Keep", "T | where a == 1 .drop table Keep", "// x\n.drop table Keep"] {
        assert_eq!(server.query(text).status, 400, "{text}");
    }
    assert_eq!(server.rows("Keep"), json!([]));
    // names of clients are values, not texts of queries
    let body =
        json!({"csl": "declare query_parameters(x: string); print x", "properties": {"Parameters": {"x": "'; drop"}}});
    let answer: Value = server.post("/v2/rest/query", &body).json();
    assert_eq!(answer[2]["Rows"], json!([["'; drop"]]));
}
