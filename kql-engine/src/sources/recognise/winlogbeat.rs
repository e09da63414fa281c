//! Windows events as Winlogbeat and Elastic write them.
//!
//! | form | recognised by |
//! | --- | --- |
//! | Winlogbeat 7 and 8, Elastic Agent | `winlog`, an object with `channel` or `event_id` |
//! | the same with dots in the keys, also in CSV from Kibana | `winlog.event_id`, `winlog.channel` |
//! | Winlogbeat 6 and before | `event_id`, `log_name` |
//! | any of these as Elasticsearch stores it | `_source` or `fields` around it; `hits` around many |

use super::error::RecordError;
use super::head::{CsvHead, JsonHead};
use super::known::Known;
use super::windows::{Event, number, rows, text};
use super::wrapped::{Out, Wrapped};
use serde_json::{Map, Value};

pub(super) static JSON: Wrapped = Wrapped { name: "Windows events (Winlogbeat)", unwrap, texts: false, inside: None };
pub(super) static CSV: Wrapped = Wrapped { name: "Windows events (Kibana CSV)", unwrap, texts: true, inside: None };

pub(super) fn is_winlogbeat(head: &JsonHead) -> bool {
    let nested = head.begins("winlog", &['{']);
    let dotted = head.has("winlog.event_id") || head.has("winlog.channel");
    let old = head.has("event_id") && head.has("log_name");
    let kept = |key: &str| {
        let raw = head.raw(key);
        raw.contains("\"winlog\"") || raw.contains("\"winlog.") || raw.contains("\"log_name\"")
    };
    nested || dotted || old || ["_source", "fields", "hits"].iter().any(|key| kept(key))
}

pub(super) fn is_csv(head: &CsvHead) -> bool {
    head.has("winlog.event_id") && head.has("winlog.channel")
}

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let mut record: Map<String, Value> = serde_json::from_str(record)?;
    if let Some(Value::Object(hits)) = record.get_mut("hits")
        && let Some(Value::Array(hits)) = hits.remove("hits")
    {
        for hit in hits {
            match hit {
                Value::Object(hit) => {
                    if let Err(reason) = one(hit, known, out) {
                        out.refused.push(reason.to_string());
                    }
                }
                _ => out.refused.push(RecordError::Element("hits").to_string()),
            }
        }
        return Ok(());
    }
    one(record, known, out)
}

fn one(mut record: Map<String, Value>, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    for key in ["_source", "fields"] {
        if let Some(Value::Object(_)) = record.get(key)
            && !record.contains_key("winlog")
            && !record.contains_key("event_id")
            && let Some(Value::Object(inner)) = record.remove(key)
        {
            record = inner;
            break;
        }
    }
    let record = nested(record);
    let event = match record.get("winlog") {
        Some(Value::Object(winlog)) => current(&record, winlog)?,
        _ => old(&record)?,
    };
    rows(&event, known, out);
    Ok(())
}

/// The record with keys such as `winlog.event_id` as objects, and without arrays of one value, as `fields` has them.
fn nested(record: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in record {
        let value = match value {
            Value::Array(mut items) if items.len() == 1 && !key.ends_with("keywords") => items.swap_remove(0),
            // an empty cell of CSV is a missing value
            Value::String(text) if key.contains('.') && matches!(text.as_str(), "" | "-" | "(null)") => continue,
            other => other,
        };
        let mut parts = key.split('.').peekable();
        let mut at = &mut out;
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                merge(at, part, value);
                break;
            }
            let inner = at.entry(part.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            let Value::Object(inner) = inner else { break };
            at = inner;
        }
    }
    out
}

fn merge(into: &mut Map<String, Value>, key: &str, value: Value) {
    match (into.get_mut(key), value) {
        (Some(Value::Object(own)), Value::Object(more)) => own.extend(more),
        (_, value) => {
            into.insert(key.to_owned(), value);
        }
    }
}

/// A value inside objects.
fn get<'a>(record: &'a Map<String, Value>, path: &str) -> &'a Value {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|part| record.get(part));
    parts.fold(first, |at, part| at?.get(part)).unwrap_or(&Value::Null)
}

/// Winlogbeat 7 and later.
fn current(record: &Map<String, Value>, winlog: &Map<String, Value>) -> Result<Event, RecordError> {
    let first = |paths: &[&str]| {
        let found = paths.iter().map(|path| text(get(record, path))).find(|text| !text.is_empty());
        found.unwrap_or_default()
    };
    let id = number(get(winlog, "event_id")).or_else(|| number(get(record, "event.code")));
    let mut event = Event {
        time: time(first(&["@timestamp", "winlog.time_created", "event.created"])),
        computer: first(&["winlog.computer_name", "host.name", "host.hostname"]),
        id: id.ok_or(RecordError::NoEventId)?,
        channel: text(get(winlog, "channel")),
        provider: first(&["winlog.provider_name", "event.provider"]),
        level: level(&first(&["winlog.level", "log.level"])),
        task: number(get(winlog, "task")),
        version: number(get(winlog, "version")),
        opcode: text(get(winlog, "opcode")),
        keywords: keywords(get(winlog, "keywords")),
        record: text(get(winlog, "record_id")),
        process: number(get(winlog, "process.pid")),
        thread: number(get(winlog, "process.thread.id")),
        user: text(get(winlog, "user.identifier")),
        correlation: text(get(winlog, "activity_id")),
        message: text(get(record, "message")),
        ..Event::default()
    };
    data(&mut event, winlog.get("event_data"), winlog.get("user_data"));
    Ok(event)
}

/// Winlogbeat 6 and before.
fn old(record: &Map<String, Value>) -> Result<Event, RecordError> {
    let of = |path: &str| text(get(record, path));
    let computer = of("computer_name");
    let mut event = Event {
        time: time(of("@timestamp")),
        computer: if computer.is_empty() { of("beat.hostname") } else { computer },
        id: number(get(record, "event_id")).ok_or(RecordError::NoEventMember("event_id"))?,
        channel: of("log_name"),
        provider: of("source_name"),
        level: level(&of("level")),
        task: number(get(record, "task")),
        version: number(get(record, "version")),
        opcode: of("opcode"),
        keywords: keywords(get(record, "keywords")),
        record: of("record_number"),
        process: number(get(record, "process_id")),
        thread: number(get(record, "thread_id")),
        user: of("user.identifier"),
        correlation: of("activity_id"),
        message: of("message"),
        ..Event::default()
    };
    data(&mut event, record.get("event_data"), record.get("user_data"));
    Ok(event)
}

/// The values of an event; the shipper names values without a name `param1` and so on.
fn data(event: &mut Event, event_data: Option<&Value>, user_data: Option<&Value>) {
    for value in [event_data, user_data].into_iter().flatten() {
        let Value::Object(values) = value else { continue };
        for (name, value) in values.iter().filter(|(name, _)| *name != "xml_name") {
            let unnamed = name.strip_prefix("param").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
            event.data.push((if unnamed { String::new() } else { name.clone() }, text(value)));
        }
    }
}

/// A time; Kibana's form, `Mar 5, 2024 @ 10:00:09.123`, is converted.
fn time(text: String) -> String {
    let shown = || {
        let (date, clock) = text.split_once(" @ ")?;
        let (month, rest) = date.split_once(' ')?;
        let (day, year) = rest.split_once(", ")?;
        let month = super::syslog::MONTHS.iter().position(|name| *name == month)? + 1;
        Some(format!("{year}-{month:02}-{day:0>2}T{clock}Z"))
    };
    shown().unwrap_or(text)
}

/// The number of a level, given its name.
fn level(name: &str) -> Option<i64> {
    match name.to_ascii_lowercase().as_str() {
        "critical" => Some(1),
        "error" => Some(2),
        "warning" => Some(3),
        "information" | "info" => Some(4),
        "verbose" => Some(5),
        other => other.parse().ok(),
    }
}

/// The mask of the keywords of audits; others are kept.
fn keywords(value: &Value) -> String {
    let names = match value {
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(", "),
        other => text(other),
    };
    match names.as_str() {
        "Audit Success" => "0x8020000000000000".to_owned(),
        "Audit Failure" => "0x8010000000000000".to_owned(),
        _ => names,
    }
}
