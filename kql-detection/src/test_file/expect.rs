//! Reads what a test expects.

use super::given::row;
use super::model::{Count, Expect, ExpectColumn, ExpectEntity, Expected};
use super::reader::Reader;
use crate::problem::Placed;
use crate::yaml::Node;

/// The keys of an expectation.
pub(super) const EXPECT_KEYS: [&str; 9] =
    ["rows", "contains", "count", "columns", "alerts", "entities", "snapshot", "error", "result"];

/// What a test expects.
pub(super) fn expect(reader: &mut Reader, node: &Node) -> Option<Expect> {
    let place = node.place;
    if let Some(word) = node.text() {
        let count = match word {
            "none" => Count::exactly(0),
            "some" | "any" => Count::at_least(1),
            _ => {
                let help = "use none, some, or a map of rows, count, columns, alerts, entities, snapshot".to_owned();
                reader.problem(place, format!("'{word}' is not an expectation"), Some(help));
                return None;
            }
        };
        return Some(Expect { place, result: None, all: vec![Expected::Count(count, place)] });
    }
    if node.map().is_none() {
        reader.problem(place, format!("expected what the query finds, not {}", node.noun()), None);
        return None;
    }
    reader.keys(node, &EXPECT_KEYS, "an expectation");
    let result = node.get("result").and_then(|result| reader.text(result, "the number or the name of a result"));
    let mut all = Vec::new();
    for (key, value) in reader.entries(node, "what the query finds") {
        let place = value.place;
        all.extend(match key.value.as_str() {
            "rows" => {
                if value.is_null() {
                    let help = "write 'rows: []' for no row".to_owned();
                    reader.problem(place, "expected rows, not nothing", Some(help));
                }
                Some(Expected::Rows(rows(reader, value), place))
            }
            "contains" => {
                if reader.items(value).is_empty() {
                    let help = "name a row, or use 'rows: []' for no row".to_owned();
                    reader.problem(place, "every result contains no rows: this expects nothing", Some(help));
                }
                Some(Expected::Contains(rows(reader, value), place))
            }
            "count" => count(reader, value).map(|count| Expected::Count(count, place)),
            "columns" => Some(Expected::Columns(columns(reader, value), place)),
            "alerts" => alerts(reader, value).map(|count| Expected::Alerts(count, place)),
            "entities" => {
                let entities = entities(reader, value);
                if entities.is_empty() && reader.problems.is_empty() {
                    let help = "name their types, such as 'Account: []' for no account".to_owned();
                    reader.problem(place, "this expects nothing of the entities", Some(help));
                }
                Some(Expected::Entities(entities, place))
            }
            "snapshot" => reader.path(value).map(Expected::Snapshot),
            "error" => reader.text(value, "a part of the message").map(Expected::Error),
            _ => None,
        });
    }
    if all.is_empty() && reader.problems.is_empty() {
        let help = "use none, some, or a map of rows, count, columns, alerts, entities, snapshot".to_owned();
        reader.problem(place, "the test does not say what it expects", Some(help));
    }
    Some(Expect { place, result, all })
}

fn rows(reader: &mut Reader, node: &Node) -> Vec<super::model::GivenRow> {
    let items = reader.items(node).to_vec();
    items.iter().filter_map(|item| row(reader, item)).collect()
}

/// `3`, `">=1"`, `"1..3"`
fn count(reader: &mut Reader, node: &Node) -> Option<Count> {
    let text = reader.text(node, "a number of rows")?;
    let parsed = parse_count(text.value.trim());
    if parsed.is_none() {
        let help = "write it as 3, \">=1\" or \"1..3\"".to_owned();
        reader.problem(text.place, format!("'{}' is not a number of rows", text.value), Some(help));
    }
    anything(reader, parsed, &text);
    parsed
}

/// Reports a count that every number fulfils.
fn anything(reader: &mut Reader, count: Option<Count>, text: &Placed<String>) {
    if count == Some(Count::at_least(0)) {
        let message = format!("every number is '{}': this expects nothing", text.value);
        reader.problem(text.place, message, Some("write \">=1\" for at least one".to_owned()));
    }
}

fn parse_count(text: &str) -> Option<Count> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some(n) = text.strip_prefix(">=") {
        return Some(Count::at_least(number(n)?));
    }
    if let Some(n) = text.strip_prefix("<=") {
        return Some(Count { low: 0, high: Some(number(n)?) });
    }
    if let Some(n) = text.strip_prefix('>') {
        return Some(Count::at_least(number(n)?.checked_add(1)?));
    }
    if let Some(n) = text.strip_prefix('<') {
        return Some(Count { low: 0, high: Some(number(n)?.checked_sub(1)?) });
    }
    if let Some((low, high)) = text.split_once("..") {
        let (low, high) = (number(low)?, number(high)?);
        return (low <= high).then_some(Count { low, high: Some(high) });
    }
    number(text.strip_prefix("==").unwrap_or(text)).map(Count::exactly)
}

/// `fires`, `silent`, or a number of alerts.
fn alerts(reader: &mut Reader, node: &Node) -> Option<Count> {
    let text = reader.text(node, "fires, silent, or a number of alerts")?;
    let parsed = match text.value.as_str() {
        "fires" => Some(Count::at_least(1)),
        "silent" | "none" => Some(Count::exactly(0)),
        other => parse_count(other),
    };
    if parsed.is_none() {
        let help = "use fires, silent, or a number of alerts".to_owned();
        reader.problem(text.place, format!("'{}' says nothing about alerts", text.value), Some(help));
    }
    anything(reader, parsed, &text);
    parsed
}

/// Names, or names with types.
fn columns(reader: &mut Reader, node: &Node) -> Vec<ExpectColumn> {
    let mut columns = Vec::new();
    for item in reader.items(node).to_vec() {
        if item.map().is_none() {
            columns.extend(reader.text(&item, "a column").map(|name| ExpectColumn { name, ty: None }));
            continue;
        }
        for (name, ty) in reader.entries(&item, "a column and its type") {
            let ty = reader.text(ty, "a type");
            if let Some(ty) = &ty
                && kql_engine::ScalarType::from_name(&ty.value).is_none()
            {
                let names = kql_engine::ScalarType::ALL.map(kql_engine::ScalarType::name);
                let help = match kql_parser::suggest(&ty.value, names.into_iter()) {
                    Some(like) => format!("did you mean '{like}'?"),
                    None => format!("the types are {}", names.join(", ")),
                };
                reader.problem(ty.place, format!("'{}' is not a type", ty.value), Some(help));
            }
            columns.push(ExpectColumn { name, ty });
        }
    }
    columns
}

fn entities(reader: &mut Reader, node: &Node) -> Vec<ExpectEntity> {
    let entries: Vec<(Placed<String>, &Node)> = reader.entries(node, "entity types and their values");
    entries.into_iter().map(|(kind, values)| ExpectEntity { kind, values: reader.items(values).to_vec() }).collect()
}
