//! What can be expected, and expectations that would say nothing.

use super::said;

const RULE: &str = "\
name: Widgets
kind: Scheduled
triggerOperator: gt
triggerThreshold: 0
query: |
  Widgets
entityMappings:
- entityType: Account
  fieldMappings:
  - {identifier: Name, columnName: Name}
  - {identifier: UPNSuffix, columnName: Suffix}
- entityType: FileHash
  fieldMappings:
  - {identifier: Algorithm, columnName: Kind}
  - {identifier: Value, columnName: Hash}
";

/// The tests, each of which expects one thing of the same widget.
fn expecting(expectations: &[&str]) -> String {
    let mut tests = "\
tables: {Widgets: [{Name: ana, Suffix: contoso.com, Kind: SHA1, Hash: abc, Path: /x/, Any: '*any*', About: ~1.5, When: 'now-1h', Bag: {a: '*any*'}}]}
tests:
"
    .to_owned();
    for (i, expect) in expectations.iter().enumerate() {
        tests += &format!("- {{name: '{}', expect: {expect}}}\n", i + 1);
    }
    said(&[("rule.yaml", RULE), ("rule.test.yaml", &tests)])
}

#[test]
fn an_entity_is_known_by_what_names_it() {
    insta::assert_snapshot!(expecting(&[
        "{entities: {Account: [ana]}}",
        "{entities: {Account: [{Name: ana, UPNSuffix: contoso.com}], FileHash: [abc]}}",
        "{entities: {Account: [{UPNSuffix: contoso.com}]}}",
        "{entities: {Account: [contoso.com]}}",
        "{entities: {FileHash: [SHA1]}}",
        "{entities: {Account: [{UPNSufix: contoso.com}]}}",
        "{entities: {Acount: [ana]}}",
    ]));
}

#[test]
fn expectations_that_say_nothing_are_refused() {
    insta::assert_snapshot!(expecting(&[
        "{entities: {}}",
        "{contains: []}",
        "{contains: }",
        "{rows: }",
        "{count: '>=0'}",
        "{alerts: '>=0'}",
    ]));
    let said = expecting(&["{rows: []}", "{entities: {Account: []}}", "{count: '<=0'}"]);
    assert!(said.contains("3 failed"), "{said}");
}

#[test]
fn a_value_can_be_meant_as_it_is_written() {
    let right = expecting(&[
        "{rows: [{Path: {$is: /x/}, Any: {$is: '*any*'}, About: {$is: ~1.5}, When: {$is: now-1h}, Bag: {$is: {a: '*any*'}}}]}",
        "{rows: [{Path: /x/, Any: '*any*', Bag: {a: '*any*'}}]}",
        "{rows: [{Name: /^a/, Bag: {$is: {a: {$is: 1}}}}]}",
        "{rows: [{Name: {$is: /^a/}}]}",
        "{rows: [{Name: {$is: '*any*'}}]}",
        "{rows: [{Bag: {$is: {b: 1}}}]}",
    ]);
    insta::assert_snapshot!(right);
}

#[test]
fn one_of_several_results() {
    let query = "Widgets | fork small = (where Size < 2 | project Name) large = (where Size > 1 | sort by Name)";
    let tests = "\
tables: {Widgets: [{Name: a, Size: 1}, {Name: b, Size: 2}, {Name: c, Size: 3}]}
tests:
- {name: first, expect: {result: 1, rows: [{Name: a}]}}
- {name: second, expect: {result: 2, count: 2}}
- {name: by name, expect: {result: small, count: 1}}
- {name: last, expect: {columns: [Name, Size]}}
- {name: sorted, expect: {result: large, rows: [{Name: c}, {Name: b}]}}
- {name: not sorted, expect: {result: large, rows: [{Name: b}, {Name: c}]}}
- {name: third, expect: {result: 3, count: 1}}
- {name: misspelt, expect: {result: smal, count: 1}}
- {name: nothing, expect: {result: 1}}
";
    let text = said(&[("rule.kql", query), ("rule.test.yaml", tests)]);
    assert!(text.contains("rule.test.yaml:11: the test does not say what it expects"), "{text}");
    let tests = tests.lines().filter(|line| !line.contains("nothing")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(said(&[("rule.kql", query), ("rule.test.yaml", &tests)]));
}

#[test]
fn columns_without_a_value_are_shown_last() {
    let tests = "\
profile: sentinel
tests: [{name: none, given: {SigninLogs: [{UserPrincipalName: ana, ResultType: '0', AppDisplayName: Portal}]}, expect: none}]
";
    let said = said(&[("rule.kql", "SigninLogs"), ("rule.test.yaml", tests)]);
    let header = said.lines().find(|line| line.contains("UserPrincipalName")).expect("a table of rows");
    let names: Vec<&str> = header.split_whitespace().collect();
    let is_early = |name: &str| names.iter().take(5).any(|n| *n == name);
    assert!(is_early("UserPrincipalName") && is_early("ResultType") && names.len() == 8, "{said}");
}
