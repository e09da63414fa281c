//! What the parts of a query stand for, as linters ask for it.

use kql_engine::value::Value;
use kql_engine::{Engine, Meaning, ScalarType};
use kql_parser::Span;

fn meaning(text: &str) -> Meaning {
    let engine = Engine::builder().now("2026-03-10T12:00:00Z").expect("a time").build().expect("an engine");
    engine.meaning(text)
}

/// The place of the last part of a text that reads so.
fn at(text: &str, part: &str) -> Span {
    let start = text.rfind(part).expect("the part is there") as u32;
    Span::new(start, start + part.len() as u32)
}

#[test]
fn constants_are_computed_and_columns_know_their_table() {
    let text = "let span = 1d;\nSigninLogs | where TimeGenerated > ago(span) and Location == strcat('D', 'E') | project L = Location";
    let meaning = meaning(text);
    assert_eq!(meaning.checked.diagnostics, []);
    let expr = |part: &str| meaning.expr(at(text, part)).expect("it is bound");
    assert_eq!(expr("span").constant, Some(Value::Long(864_000_000_000)));
    assert_eq!(expr("ago(span)").constant, Some(Value::Long(meaning.now - 864_000_000_000)));
    assert_eq!(expr("strcat('D', 'E')").constant, Some(Value::Text("DE".to_owned())));
    let column = expr("Location");
    assert_eq!((column.ty, &column.constant), (ScalarType::String, &None));
    assert_eq!(meaning.table_of(column.column.expect("a column")), Some("SigninLogs"));
    assert_eq!(meaning.tables().iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["SigninLogs"]);
    let project = meaning.operator(at(text, "project L = Location")).expect("it is bound");
    assert_eq!(project.output.iter().map(|c| (c.name.as_str(), c.ty)).collect::<Vec<_>>(), [("L", ScalarType::String)]);
    assert!(project.input.len() > 10 && !project.is_open);
}

#[test]
fn what_differs_between_calls_and_rows_is_no_constant() {
    let text = "let f = (x: long) { x + 1 };\nprint f(1), f(2), rand(), column_ifexists('a', 'b'), 1 + 1";
    let meaning = meaning(text);
    let constant = |part: &str| meaning.expr(at(text, part)).and_then(|e| e.constant.clone());
    assert_eq!(constant("x + 1"), None);
    assert_eq!(constant("rand()"), None);
    assert_eq!(constant("column_ifexists('a', 'b')"), None);
    assert_eq!(constant("1 + 1"), Some(Value::Long(2)));
    // a column of a table that is not known has no value
    let open = "workspace('w').Unknown_CL | where a has 'x'";
    let meaning = self::meaning(open);
    assert_eq!(meaning.expr(at(open, "a has 'x'")).and_then(|e| e.constant.clone()), None);
}
