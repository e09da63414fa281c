//! What plans and messages look like.

use kql_engine::Engine;
use std::path::Path;

fn engine() -> Engine {
    Engine::builder().now("2024-05-01T12:00:00Z").expect("a time").build().expect("an engine")
}

fn plan(query: &str) -> String {
    match engine().prepare(query) {
        Ok(prepared) => prepared.explain(),
        Err(error) => panic!("{error}"),
    }
}

/// Messages with the text they point at.
fn messages(query: &str) -> String {
    engine()
        .check(query)
        .diagnostics
        .iter()
        .map(|d| {
            let at = query.get(d.span.start as usize..d.span.end as usize).unwrap_or("?");
            let help = d.help.as_ref().map(|h| format!("\n  help: {h}")).unwrap_or_default();
            format!("{} at '{at}': {}{help}\n", d.code, d.message)
        })
        .collect()
}

#[test]
fn plan_of_the_founding_query() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/T1070.008-clear-mailbox-data/query.kql");
    let query = std::fs::read_to_string(path).expect("the founding query is there");
    insta::assert_snapshot!(plan(&query));
}

#[test]
fn plan_of_a_join_and_its_aggregates() {
    insta::assert_snapshot!(plan(
        "DeviceProcessEvents | where Timestamp > ago(1d) | project Timestamp, DeviceId, FileName | join kind=innerunique (DeviceInfo | project DeviceId, OSPlatform) \
         on DeviceId | summarize n = count(), arg_max(Timestamp, *) by OSPlatform | top 3 by n"
    ));
}

#[test]
fn plan_of_a_subquery_and_a_function() {
    insta::assert_snapshot!(plan(
        "let limit = toscalar(DeviceInfo | count); let f = (T: (x: long), n: long = 2) { T | where x > n }; \
         f(range x from 1 to 10 step 1) | where x in ((DeviceInfo | project DeviceName)) or x > limit | sort by x asc"
    ));
}

#[test]
fn messages_about_names() {
    insta::assert_snapshot!(
        [
            "DeviceProcesEvents",
            "DeviceProcessEvents | where FileNam == 'a' | project Filename",
            "print x = strlenn('a')",
            "print x = 1 | extend y = x + z, y = 2",
            "let x = 1; let x = 2; print x",
            "T | where",
        ]
        .map(messages)
        .join("\n")
    );
}

#[test]
fn messages_about_types() {
    insta::assert_snapshot!(
        [
            "print a = 'x' + 'y'",
            "print x = 5 | where x has 'a'",
            "print x = 5 | where x",
            "print strlen()",
            "print strlen(1, 2)",
            "print bin('a', 1)",
            "print d = dynamic([1]) | summarize count() by d",
            "print d = dynamic([1]) | sort by d",
            "print x = 1 | where x between ('a' .. 'b')",
            "print a = 1 | join (print b = 'x') on $left.a == $right.b",
            "print a = 1 | summarize a",
            "print count()",
            "print a = 1 | union (print b = 2) | take 'x'",
        ]
        .map(messages)
        .join("\n")
    );
}

#[test]
fn several_errors_in_one_query() {
    insta::assert_snapshot!(messages(
        "DeviceProcessEvents | where FileNam == 'a' | extend x = tolowr(FileName) | sumarize count() | take 'a'"
    ));
}

#[test]
fn a_message_about_a_dropped_column_points_at_the_step() {
    let name = "The name 'FileName' does not refer to any known column, table, variable or function.";
    for (query, operator, label, help) in [
        (
            "DeviceFileEvents | project DeviceId, Timestamp | where FileName == 'a'",
            "project",
            "this 'project' drops 'FileName'",
            "keep it in the 'project' that drops it",
        ),
        (
            "DeviceFileEvents | project-away FileName | take 5 | extend x = FileName",
            "project-away",
            "this 'project-away' drops 'FileName'",
            "keep it in the 'project-away' that drops it",
        ),
        (
            "DeviceFileEvents | project DeviceId, File = FileName | where FileName == 'a'",
            "project",
            "this 'project' renames 'FileName' to 'File'",
            "did you mean 'File'?",
        ),
        (
            "let T = DeviceFileEvents | summarize n = count() by DeviceId; T | sort by n | project FileName",
            "summarize",
            "this 'summarize' drops 'FileName'",
            "add it to 'by', or keep a value of it with take_any()",
        ),
        (
            "DeviceInfo | join kind=inner (DeviceFileEvents | distinct DeviceId) on DeviceId | where FileName == 'a'",
            "distinct",
            "this 'distinct' drops 'FileName'",
            "keep it in the 'distinct' that drops it",
        ),
        (
            "DeviceInfo | join kind=inner (DeviceFileEvents | count) on $left.DeviceId == $right.FileName",
            "count",
            "this 'count' drops 'FileName'",
            "use it before the 'count' that drops it",
        ),
    ] {
        let diagnostics = engine().check(query).diagnostics;
        let found =
            diagnostics.iter().find(|d| d.message == name).unwrap_or_else(|| panic!("{query}: {diagnostics:?}"));
        assert_eq!(found.help.as_deref(), Some(help), "{query}");
        let labels: Vec<(&str, &str)> = found.labels.iter().map(|l| (l.span.text(query), l.text.as_str())).collect();
        assert_eq!(labels, [(operator, label)], "{query}");
    }
}
