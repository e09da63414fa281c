//! Values of test files: parameters, cells, and the rows of files.

use super::said;

const PARAMETERS: &str = "\
declare query_parameters(prefix: string = '', most: long = 10);
let least = 2;
let span = 1h;
let since = datetime(2026-03-10T11:00:00Z);
let names = dynamic(['a']);
let word = 'x';
Widgets | where Name startswith prefix and Size between (least .. most) and Time > since - span
| where array_length(names) == 0 or Name in (names) | extend Word = word
";

/// The tests with parameters: what they give, and the names of the widgets that are found.
fn with(params: &[(&str, &str)]) -> String {
    let mut tests = "\
now: 2026-03-10T12:00:00Z
tables: {Widgets: [{Name: a, Size: 2, Time: 2026-03-10T10:30:00Z}, {Name: b, Size: 5, Time: 2026-03-10T08:30:00Z}]}
tests:
"
    .to_owned();
    for (params, expect) in params {
        let name = params.replace(['\'', '"'], "");
        tests += &format!("- name: '{name}'\n  params: {params}\n  expect: {expect}\n");
    }
    said(&[("rule.kql", PARAMETERS), ("rule.test.yaml", &tests)])
}

#[test]
fn parameters_have_the_type_of_what_they_replace() {
    let said = with(&[
        ("{least: 3, span: 4h, names: [b]}", "{rows: [{Name: b}]}"),
        ("{least: long(0x1), most: '4'}", "{rows: [{Name: a}]}"),
        ("{span: time(04:00:00), names: 'dynamic([])'}", "{count: 2}"),
        ("{names: b, span: 4h}", "{rows: [{Name: b}]}"),
        ("{names: {a: [1, 'x\"y']}}", "{count: 0}"),
        ("{since: now-1h}", "{count: 1}"),
        ("{since: datetime(2026-03-10 11:40:00)}", "{count: 0}"),
        ("{since: ago(4h), span: 0s, names: []}", "{count: 2}"),
        ("{word: 'it is \"quoted\"; let z = 1'}", "{rows: [{Word: 'it is \"quoted\"; let z = 1'}]}"),
        ("{word: 5}", "{rows: [{Word: '5'}]}"),
        ("{prefix: \"'; x\"}", "none"),
    ]);
    assert!(said.contains("11 passed in 1 file"), "{said}");
}

#[test]
fn parameters_of_another_type_are_refused() {
    insta::assert_snapshot!(with(&[
        ("{least: abc}", "none"),
        ("{least: '5; let z=1'}", "none"),
        ("{least: 1.5}", "none"),
        ("{span: 5}", "none"),
        ("{since: yesterday}", "none"),
        ("{most: many}", "none"),
        ("{word: [a]}", "none"),
        ("{prefix: {a: b}}", "none"),
    ]));
}

#[test]
fn a_test_that_cannot_run_hides_no_other() {
    let query = "Widgets | where Size - 1 > 0";
    let tests = "\
tests:
- {name: a column has another type, given: {Widgets: [{Size: large}]}, expect: some}
- {name: runs, given: {Widgets: [{Size: 2}]}, expect: some}
- {name: a bad row, given: {Widgets: [{Size: 1}, {Size: large}]}, expect: some}
- {name: fails, given: {Widgets: [{Size: 1}]}, expect: some}
";
    insta::assert_snapshot!(said(&[("rule.kql", query), ("rule.test.yaml", tests)]));
    // a rule that cannot run in any test is said once
    let said = said(&[("rule.kql", &query.replace("Size", "Sze")), ("rule.test.yaml", &tests.replace("large", "3"))]);
    assert_eq!(said.matches("'Sze'").count(), 1, "{said}");
}

#[test]
fn files_of_tables_with_a_schema_are_checked() {
    let tests = "\
profile: sentinel
tests:
- {name: right, given: {SigninLogs: right.ndjson}, expect: some}
- {name: misspelt, given: {SigninLogs: misspelt.ndjson}, expect: some}
- {name: misspelt in a header, given: {SigninLogs: misspelt.csv}, expect: some}
- {name: no column, given: {SigninLogs: other.ndjson}, expect: some}
- {name: a value that does not fit, given: {SigninLogs: value.ndjson}, expect: some}
- {name: values that do not fit, given: {SigninLogs: values.ndjson}, expect: some}
- {name: no schema, given: {SigninLogs: right.ndjson, Extra_CL: misspelt.ndjson}, expect: some}
";
    let row = |name: &str, time: &str| format!("{{\"TimeGenerated\":\"{time}\",\"{name}\":\"ana\"}}\n");
    let good = row("UserPrincipalName", "2026-03-10T11:30:00Z");
    insta::assert_snapshot!(said(&[
        ("rule.kql", "union SigninLogs, (Extra_CL | take 0) | take 100"),
        ("rule.test.yaml", tests),
        ("right.ndjson", &good.replace("}", ",\"_ItemId\":\"1\",\"Type\":\"SigninLogs\"}")),
        ("misspelt.ndjson", &(good.clone() + &row("UserPrincipalNme", "2026-03-10T11:30:00Z"))),
        ("misspelt.csv", "TimeGenerated,UserPrincipalNme\n2026-03-10T11:30:00Z,ana\n"),
        ("other.ndjson", &row("FavouriteColour", "2026-03-10T11:30:00Z")),
        ("value.ndjson", &(good.clone() + &row("UserPrincipalName", "yesterday"))),
        ("values.ndjson", &row("UserPrincipalName", "yesterday")),
    ]));
}

const UNKNOWN: &str = "Gadgets_CL | where Size > 1 and Colour == 'red' | project Name, Made = Made + 1d";

#[test]
fn a_table_has_the_same_columns_in_all_tests() {
    let tests = "\
tests:
- {name: all columns, given: {Gadgets_CL: [{Name: a, Size: 2, Colour: red, Made: 2026-03-10}]}, expect: {rows: [{Made: 2026-03-11}]}}
- {name: no colour, given: {Gadgets_CL: [{Size: 2}]}, expect: none}
- {name: no size, given: {Gadgets_CL: [{Size: null, Colour: red}]}, expect: none}
- {name: no rows, given: {Gadgets_CL: []}, expect: none}
- {name: not given, given: {Other_CL: [{Name: a}]}, expect: {rows: [{Name: a}]}}
- {name: each, each: Gadgets_CL, miss: [{Size: 1}, {Colour: red}]}
";
    let query = format!("union (Other_CL | take 10), ({UNKNOWN})");
    let said = said(&[("rule.kql", &query), ("rule.test.yaml", tests)]);
    assert!(said.contains("7 passed in 1 file"), "{said}");
}

#[test]
fn a_file_of_schemas_names_the_columns() {
    let tests = |key: &str| {
        format!(
            "{key}tests:
- {{name: all columns, given: {{Gadgets_CL: [{{Name: a, Size: 2.5, Colour: red}}]}}, expect: {{rows: [{{Made: null}}]}}}}
- {{name: misspelt, given: {{Gadgets_CL: [{{Nme: a}}]}}, expect: none}}
- {{name: another type, given: {{Gadgets_CL: [{{Made: soon}}]}}, expect: none}}
"
        )
    };
    let schema = "{\"Gadgets_CL\": [[\"Name\", \"string\"], [\"Size\", \"real\"], [\"Colour\", \"string\"], [\"Made\", \"datetime\"]]}";
    insta::assert_snapshot!(said(&[
        ("a/rule.kql", UNKNOWN),
        ("a/rule.test.yaml", &tests("schemas: gadgets.json\n")),
        ("a/gadgets.json", schema),
        ("b/rule.kql", UNKNOWN),
        ("b/rule.test.yaml", &tests("schemas: [absent.json]\n")),
        ("c/rule.kql", UNKNOWN),
        ("c/rule.test.yaml", &tests("schemas: wrong.json\n")),
        ("c/wrong.json", "{\"Gadgets_CL\": [[\"Name\", \"text\"]]}"),
    ]));
}
