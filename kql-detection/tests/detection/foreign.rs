//! Tests in the forms of other tools.

use super::{human, said};

#[test]
fn detkit() {
    insta::assert_snapshot!(human("foreign/detkit", true));
}

#[test]
fn panther() {
    insta::assert_snapshot!(human("foreign/panther", true));
}

#[test]
fn contentctl() {
    insta::assert_snapshot!(human("foreign/contentctl", true));
}

#[test]
fn sigma_regression_data() {
    insta::assert_snapshot!(human("foreign/sigma", true));
}

#[test]
fn pages_with_queries_and_results() {
    insta::assert_snapshot!(human("foreign/page", true));
}

#[test]
fn files_at_fault() {
    insta::assert_snapshot!(human("foreign/wrong", false));
}

#[test]
fn tests_of_detkit_in_a_rule() {
    let rule = "\
id: 1
name: Shells
severity: High
kind: Scheduled
query: |
  DeviceProcessEvents
  | where FileName =~ 'cmd.exe'
tests:
- {name: a shell, event: {FileName: CMD.exe}, expect: match}
- {name: no shell, event: {FileName: calc.exe}, expect: no_match}
- {name: no match, event: {FileName: calc.exe}, expect: match}
- {name: misspelt, event: {FileNme: calc.exe}, expect: no_match}
- {name: ours, given: {DeviceProcessEvents: [{FileName: cmd.exe}]}, expect: {count: 1}}
";
    insta::assert_snapshot!(said(&[("shells.yaml", rule)]));
}

#[test]
fn a_page_with_two_rules() {
    let table = "\n| Name: string |\n| --- |\n| a |\n";
    let page = format!(
        "# Widgets\n\n```ndjson Widgets\n{{\"Name\":\"a\",\"Size\":1}}\n{{\"Name\":\"b\",\"Size\":2}}\n```\n\n\
         ## Small\n\n```kql\nWidgets | where Size < 2 | project Name\n```\n{table}\n\
         ## Large\n\n```kql\nWidgets | where Size > 1 | project Name\n```\n{table}"
    );
    let tests = "tests: [{name: one of two, given: {Widgets: [{Name: a, Size: 1}]}, expect: some}]\n";
    insta::assert_snapshot!(said(&[("page.md", &page), ("other/page.md", &page), ("other/page.test.yaml", tests)]));
}
