//! Rows with very many columns: a query that needs few of them is answered, one that needs all is refused.

use kql_engine::{Engine, Error};
use std::fmt::Write;

/// A file with one object of that many keys.
fn wide(keys: usize) -> (tempfile::TempDir, Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut line = "{".to_owned();
    for i in 0..keys {
        let comma = if i == 0 { "" } else { "," };
        write!(line, "{comma}\"k{i}\":{i}").expect("written");
    }
    let path = folder.path().join("T.ndjson");
    std::fs::write(&path, line + "}\n").expect("written");
    let engine = Engine::builder().data(path.into()).build().expect("an engine");
    (folder, engine)
}

#[test]
fn few_of_many_columns() {
    let (_folder, engine) = wide(100_000);
    for query in ["T | count", "T | project k99999", "T | where k5 == 5 | summarize count() by k7"] {
        let answer = engine.query(query).expect(query);
        let rows = answer.tables.iter().flat_map(|table| &table.batches).map(|batch| batch.num_rows()).sum::<usize>();
        assert_eq!(rows, 1, "{query}");
    }
}

#[test]
fn all_of_too_many_columns() {
    let (_folder, engine) = wide(10_001);
    for query in ["T", "T | take 1", "T | extend x = 1"] {
        match engine.query(query) {
            Err(error @ Error::Run(_)) => assert!(error.to_string().contains("at most 10000"), "{error}"),
            other => panic!("{query}: {:?}", other.map(|answer| answer.tables.len())),
        }
    }
}
