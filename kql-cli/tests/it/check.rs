//! `kql check` over rules.

use crate::made::folder::{place, shown};

const RULE: &str = "\
# ü: places are those of the file
name: Mailbox
severity: Hihg
triggerOperator: gt
triggerThreshold: many
query: |
  let a = 'é';
  OfficeActivity
  | where Operaton == a

  | project UserId
";

const EXPORT: &str = r#"{"resources": [
  {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Scheduled", "properties":
    {"displayName": "One line", "query": "print a = 1"}},
  {"type": "Microsoft.SecurityInsights/alertRules", "kind": "NRT", "properties":
    {"displayName": "Two lines", "query": "print a = 1\n| wher a > \"x\""}}
]}"#;

const PAGE: &str = "# Hunt\n\n```kql\nprint a = 1\n```\n\n```kusto\n// severity: lo\nprint b = 1\n| tke 1\n```\n";

#[test]
fn faults_are_shown_in_the_file_of_the_rule() {
    let place = place(&[("a.yaml", RULE.as_bytes()), ("b.json", EXPORT.as_bytes()), ("c.md", PAGE.as_bytes())]);
    let mut all = String::new();
    for file in ["a.yaml", "b.json", "c.md"] {
        all += &shown(place.path(), &["check", file]);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_line_of_json_for_each_rule() {
    let place = place(&[
        ("rules/a.yaml", RULE.as_bytes()),
        ("rules/b.json", EXPORT.as_bytes()),
        ("rules/c.md", PAGE.as_bytes()),
        ("rules/d.yaml", b"a: ["),
        ("rules/e.kql", b"print a = 1"),
    ]);
    insta::assert_snapshot!(shown(place.path(), &["check", "--format", "json", "rules"]));
}

#[test]
fn files_that_are_not_rules_are_skipped() {
    let place = place(&[
        ("rules/a.kql", b"// severity: unknown\nprint a = 1"),
        ("rules/a.test.yaml", b"tests: [{name: x}]"),
        ("rules/workbook.json", br#"{"version": "Notebook/1.0", "items": [{"content": {"query": "T |"}}]}"#),
        ("rules/parser.yaml", b"FunctionName: f\nFunctionQuery: T |\n"),
        ("rules/readme.md", b"# Rules\n"),
        ("rules/rows.json", b"{\"query\": \"a |\"}\n{\"query\": \"b |\"}\n"),
    ]);
    let ran = shown(place.path(), &["check", "rules"]);
    assert!(ran.starts_with("exit status 0\n"), "{ran}");
    assert!(ran.contains("rules/a.kql") && ran.contains("warning: 'unknown'"), "{ran}");
    for other in ["test.yaml", "workbook", "parser", "readme", "rows"] {
        assert!(!ran.contains(other), "{other}: {ran}");
    }
}
