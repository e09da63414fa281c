//! Ingested data in a folder: it is there after the server ends, however it ends.

use crate::client::TestServer;
use kql_engine::Engine;
use kql_server::{Server, ServerSettings};
use serde_json::{Value, json};
use std::path::Path;

fn start(folder: &Path) -> TestServer {
    let settings = ServerSettings { store: Some(folder.to_owned()), ..ServerSettings::default() };
    TestServer::of(Engine::builder().build().unwrap(), settings)
}

#[test]
fn everything_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Value;
    {
        let server = start(folder.path());
        server.done(".create table T (n: long, s: string, t: datetime, v: timespan, d: dynamic, g: guid, m: decimal, r: real, b: bool, i: int)");
        server.done(".set-or-append T <| print n = 1, s = 'x', t = datetime(2026-01-02T03:04:05.1234567Z), v = time(1.02:03:04.5), \
            d = dynamic({'a': [1]}), g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), m = decimal(1.25), r = 1.5, b = true, i = int(7)");
        server.done(
            ".set-or-append T <| print n = 2, s = '', t = datetime(0001-01-01), v = time(null), d = dynamic(null), \
            g = guid(null), m = decimal(null), r = real(null), b = bool(null), i = int(null)",
        );
        server.done(".create-or-alter function F(x: long) { T | where n == x }");
        server.done(".create table ['Empty one'] (a: string) with (docstring='d')");
        server.done(".create table Gone (a: string)");
        server.done(".drop table Gone");
        server.done(".set-or-replace Replaced <| print 1");
        server.done(".set-or-replace Replaced <| print x = 2");
        rows = server.rows("T | sort by n asc");
    }
    let server = start(folder.path());
    assert_eq!(server.rows("T | sort by n asc"), rows);
    assert_eq!(rows[0][2], "2026-01-02T03:04:05.1234567Z");
    assert_eq!(server.rows("F(1) | project s, d"), json!([["x", {"a": [1]}]]));
    assert_eq!(server.rows("['Empty one']"), json!([]));
    assert_eq!(server.rows("Replaced"), json!([[2]]));
    assert_eq!(
        server.done(".show tables | project TableName, DocString"),
        json!([["Empty one", "d"], ["Replaced", ""], ["T", ""]])
    );
    server.done(".set-or-append Replaced <| print x = 3");
    assert_eq!(server.rows("Replaced | sort by x asc"), json!([[2], [3]]));
}

/// What a process leaves behind that was killed before it acknowledged.
#[test]
fn what_was_not_acknowledged_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    {
        let server = start(folder.path());
        server.done(".set-or-append T <| print n = 1");
    }
    let tables = folder.path().join("tables");
    let table = std::fs::read_dir(&tables).unwrap().next().unwrap().unwrap().path();
    std::fs::write(table.join(".00000002.parquet"), b"PAR1 half of a file").unwrap();
    std::fs::create_dir(tables.join(".New@00000009")).unwrap();
    std::fs::write(tables.join(".New@00000009/table.json"), b"{").unwrap();
    std::fs::write(folder.path().join(".functions.json"), b"[{").unwrap();
    let server = start(folder.path());
    assert_eq!(server.rows("T"), json!([[1]]));
    server.done(".set-or-append T <| print n = 2");
    assert_eq!(server.rows("T | count"), json!([[2]]));
    let left: Vec<String> =
        std::fs::read_dir(&tables).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
}

#[test]
fn one_server_uses_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _first = start(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        store: Some(folder.path().to_owned()),
        ..ServerSettings::default()
    };
    let second = runtime.block_on(Server::start(settings, Engine::builder().build().unwrap()));
    assert!(second.err().unwrap().to_string().contains("another server"));
}
