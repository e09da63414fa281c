//! The fewest rows with the same verdict.

use kql_detection::{MinimiseError, Minimised, Scrub, minimise, read};
use kql_engine::{CancellationToken, DataPath, Engine};
use std::path::Path;

fn over(query: &str, rows: &[&str], scrub: Scrub) -> Result<Minimised, MinimiseError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("T.ndjson");
    std::fs::write(&path, rows.join("\n")).expect("a file can be written");
    let engine = Engine::builder().data(DataPath { name: None, path }).build().expect("an engine");
    let rule = read(Path::new("rule.kql"), query).rules.remove(0);
    minimise(&engine, &rule, scrub, &CancellationToken::new())
}

fn kept(found: &Minimised) -> usize {
    found.tables.iter().map(|table| table.batch.num_rows()).sum()
}

#[test]
fn no_row_can_be_left_out() {
    let rows: Vec<String> = (0..500).map(|n| format!("{{\"n\": {n}, \"who\": \"u{}\"}}", n % 7)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let query = "T | where n >= 250 | summarize c = count() by who | where c > 4";
    let found = over(query, &rows, Scrub::Nothing).unwrap();
    // five rows of one group, and one that the first filter leaves out
    assert!(found.fires);
    assert_eq!((kept(&found), found.result_rows.1), (6, 1));
    // a rule that finds nothing still reaches its parts
    let found = over("T | where n > 1000", &rows, Scrub::Nothing).unwrap();
    assert!(!found.fires);
    assert_eq!(kept(&found), 1);
}

#[test]
fn identities_are_replaced_and_the_verdict_stays() {
    let rows = ["{\"AccountName\": \"eve\", \"Text\": \"eve ran x\"}", "{\"AccountName\": \"bob\", \"Text\": \"y\"}"];
    let found = over("T | where Text has AccountName", &rows, Scrub::Identities).unwrap();
    assert!(found.fires);
    let scrubbed = found.scrubbed.unwrap();
    assert_eq!(scrubbed.replaced, [("users", 2)]);
    // a kind that the query needs stays, and is named
    let found = over("T | where strlen(AccountName) == 3", &rows, Scrub::Identities).unwrap();
    assert_eq!(found.scrubbed.unwrap().kept, ["users"]);
}

#[test]
fn what_is_missing_is_said() {
    let rows = ["{\"t\": \"2026-01-01T00:00:00Z\"}"];
    assert!(matches!(over("T | where t > ago(1d)", &rows, Scrub::Nothing), Err(MinimiseError::NeedsTime(_))));
    assert!(matches!(over("SigninLogs", &rows, Scrub::Nothing), Err(MinimiseError::NoData)));
    assert!(matches!(over("T | where nothing == 1", &rows, Scrub::Nothing), Err(MinimiseError::Query(_))));
}
