//! Tests of one event each: detkit and Panther.

use super::super::expect::expect;
use super::super::given::row;
use super::super::model::{Case, Count, Part};
use super::super::reader::Reader;
use super::parts::{counted, given, name, simple};
use crate::yaml::Node;

/// The keys of a test of detkit; `table` is ours.
const DETKIT: [&str; 4] = ["name", "event", "expect", "table"];

/// The keys of a test of Panther; `table` is ours.
const PANTHER: [&str; 5] = ["Name", "ExpectedResult", "Log", "Mocks", "table"];

/// A test of detkit: `event`, and `expect: match` or `expect: no_match`.
pub(super) fn detkit(reader: &mut Reader, node: &Node, index: usize) -> Option<Case> {
    reader.keys(node, &DETKIT, "a test with 'event'");
    let name = name(node, "name", index);
    let event = row(reader, node.get("event")?)?;
    let Some(expected) = node.get("expect") else {
        let help = "add 'expect: match' or 'expect: no_match'".to_owned();
        reader.problem(name.place, "the test does not say what it expects", Some(help));
        return None;
    };
    let expected = match expected.text() {
        Some("match") => Some(counted(Count::at_least(1), expected.place)),
        Some("no_match") => Some(counted(Count::exactly(0), expected.place)),
        Some("none" | "some") | None => expect(reader, expected),
        Some(other) => {
            let help = "use match or no_match".to_owned();
            reader.problem(expected.place, format!("'{other}' is not an expectation"), Some(help));
            None
        }
    };
    Some(simple(name, vec![given(node, vec![Part::Row(event)])], Some(expected?)))
}

/// The tests of a rule of Panther: `Log`, and `ExpectedResult: true` or `false`.
pub(super) fn panther(reader: &mut Reader, tests: &Node) -> Vec<Case> {
    let Some(list) = tests.list() else {
        reader.problem(tests.place, format!("expected a list of tests, not {}", tests.noun()), None);
        return Vec::new();
    };
    list.iter().enumerate().filter_map(|(index, node)| panther_case(reader, node, index)).collect()
}

fn panther_case(reader: &mut Reader, node: &Node, index: usize) -> Option<Case> {
    reader.keys(node, &PANTHER, "a test of Panther");
    let name = name(node, "Name", index);
    if let Some(mocks) = node.get("Mocks").filter(|mocks| mocks.list().is_some_and(|list| !list.is_empty())) {
        let message = "'Mocks' replace functions of Python, which a query does not have";
        let help = "give the rows of a watchlist or a table with the key 'tables'".to_owned();
        reader.problem(mocks.place, message, Some(help));
    }
    let Some(log) = node.get("Log") else {
        reader.problem(name.place, "the test has no event; add 'Log'", None);
        return None;
    };
    let event = row(reader, log)?;
    let count = match node.get("ExpectedResult").and_then(Node::text) {
        Some("true" | "True") => Count::at_least(1),
        Some("false" | "False") => Count::exactly(0),
        _ => {
            let help = "add 'ExpectedResult: true' or 'ExpectedResult: false'".to_owned();
            reader.problem(name.place, "the test does not say what it expects", Some(help));
            return None;
        }
    };
    let place = node.get("ExpectedResult").map_or(node.place, |node| node.place);
    Some(simple(name, vec![given(node, vec![Part::Row(event)])], Some(counted(count, place))))
}
