//! The order of results: what counts if the query sorts, and what does not.

use super::{run, said, shown};
use kql_detection::{FileReport, ReportFormat, SessionOptions};
use std::path::Path;

const TESTS: &str = "
tables: {Widgets: [{Name: a, Size: 1}, {Name: b, Size: 3}, {Name: c, Size: 3}, {Name: d, Size: 2}]}
tests:
- name: sorted
  expect: {rows: [{Name: b}, {Name: c}, {Name: d}, {Name: a}]}
- name: ties in another order
  expect: {rows: [{Name: c}, {Name: b}, {Name: d}, {Name: a}]}
- name: another order
  expect: {rows: [{Name: b}, {Name: d}, {Name: c}, {Name: a}]}
- name: patterns find their places
  expect: {rows: [{Name: /b|c/}, {Name: b}, {Size: 2}, {Size: 1}]}
- name: some in their order
  expect: {contains: [{Name: c}, {Name: a}]}
- name: some in another order
  expect: {contains: [{Name: a}, {Name: c}]}
- name: another row
  expect: {rows: [{Name: b}, {Name: c}, {Name: d}, {Name: e}]}
";

#[test]
fn the_order_of_a_sorted_result_counts() {
    insta::assert_snapshot!(said(&[("rule.kql", "Widgets | sort by Size"), ("rule.test.yaml", TESTS)]));
}

#[test]
fn the_order_of_other_results_does_not_count() {
    for query in ["Widgets", "Widgets | sort by Size | project Name, Size = 1 * Size | summarize by Name, Size"] {
        let said = said(&[("rule.kql", query), ("rule.test.yaml", TESTS)]);
        assert!(said.contains("6 passed, 1 failed"), "{said}");
    }
    // without the column by which it is sorted
    let tests = TESTS.replace("{Size: 2}", "{Name: d}").replace("{Size: 1}", "{Name: a}");
    let said = said(&[("rule.kql", "Widgets | sort by Size | project Name"), ("rule.test.yaml", &tests)]);
    assert!(said.contains("6 passed, 1 failed"), "{said}");
}

#[test]
fn a_snapshot_keeps_the_order_of_a_sorted_result() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path();
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("a file can be written");
    let lines = |names: [&str; 4]| {
        let size = |name: &str| match name {
            "a" => 1,
            "d" => 2,
            _ => 3,
        };
        names.map(|name| format!("{{\"Name\":\"{name}\",\"Size\":{}}}\n", size(name))).concat()
    };
    write("rule.kql", "Widgets | sort by Size");
    let tables = TESTS.lines().take(2).collect::<Vec<_>>().join("\n");
    write("rule.test.yaml", &format!("{tables}\ntests: [{{name: all, expect: {{snapshot: all.ndjson}}}}]\n"));
    let update = || run(path, SessionOptions { update: true, ..SessionOptions::default() });
    write("all.ndjson", &lines(["c", "b", "d", "a"]));
    assert!(update()[0].updated.is_empty(), "rows that tie are in another order");
    write("all.ndjson", &lines(["c", "d", "b", "a"]));
    let reports = run(path, SessionOptions::default());
    let text = shown(&reports, ReportFormat::Human, true).replace(&format!("{}/", path.display()), "");
    insta::assert_snapshot!(text);
    assert_eq!(update()[0].updated, [path.join("all.ndjson")]);
    assert_eq!(std::fs::read_to_string(path.join("all.ndjson")).expect("a snapshot"), lines(["b", "c", "d", "a"]));
    assert!(run(Path::new(path), SessionOptions::default()).iter().all(|r: &FileReport| r.failed() == 0));
}
