//! The result of a hunt for programs.

use super::outcome::{FoundEntity, Hit, HuntOutcome, RuleOutcome, Status, severity};
use super::text::iso;
use serde_json::{Map, Value, json};

/// The result as one object.
pub fn object(outcome: &HuntOutcome) -> Value {
    let rules: Vec<Value> = outcome.rules.iter().map(rule_object).collect();
    let tables: Vec<Value> = outcome
        .tables
        .iter()
        .map(|table| {
            let time = table.time.as_ref();
            json!({
                "name": table.name, "rows": table.rows, "first": time.map(|(_, first, _)| iso(*first)),
                "last": time.map(|(_, _, last)| iso(*last)), "error": table.error,
            })
        })
        .collect();
    json!({
        "now": iso(outcome.now),
        "summary": {
            "rules": outcome.rules.len(),
            "hit": outcome.count("hit"),
            "no_hit": outcome.count("no_hit"),
            "no_data": outcome.count("no_data"),
            "query_error": outcome.count("query_error"),
            "data_error": outcome.count("data_error"),
            "run_error": outcome.count("run_error"),
            "timeout": outcome.count("timeout"),
        },
        "rules": rules,
        "tables": tables,
        "problems": outcome.problems.iter().map(|problem| json!({
            "file": problem.file.display().to_string(), "line": problem.line(), "message": problem.message,
        })).collect::<Vec<_>>(),
        "notices": outcome.notices,
        "seconds": outcome.elapsed.as_secs_f64(),
    })
}

/// What became of one rule, as an object.
pub fn rule_object(outcome: &RuleOutcome) -> Value {
    let rule = &outcome.rule;
    let texts = |placed: &[crate::problem::Placed<String>]| -> Vec<String> {
        placed.iter().map(|text| text.value.clone()).collect()
    };
    let mut object = json!({
        "name": rule.name,
        "id": rule.id.as_ref().map(|id| &id.value),
        "file": rule.file.display().to_string(),
        "line": rule.query.first_line,
        "severity": severity(rule),
        "tactics": texts(&rule.tactics),
        "techniques": texts(&rule.techniques),
        "status": outcome.status.word(),
        "tables": outcome.tables,
        "without_data": outcome.without_data,
        "seconds": outcome.elapsed.as_secs_f64(),
    });
    let Some(fields) = object.as_object_mut() else { return object };
    match &outcome.status {
        Status::Hit(hit) => add_hit(fields, hit),
        Status::Refused(refusal) => {
            fields.insert("reason".to_owned(), refusal.reason.clone().into());
            fields.insert("error_line".to_owned(), refusal.line.into());
        }
        Status::NoHit | Status::NoData => {}
    }
    object
}

/// Entities, and how many rows have each.
pub(crate) fn entities_json(found: &[FoundEntity]) -> Value {
    let object = |entity: &FoundEntity| {
        let fields: Map<String, Value> =
            entity.fields.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        json!({"type": entity.kind, "fields": fields, "rows": entity.rows})
    };
    found.iter().map(object).collect()
}

fn add_hit(fields: &mut Map<String, Value>, hit: &Hit) {
    let time = |ticks: Option<i64>| -> Value { ticks.map(iso).into() };
    fields.insert("rows".to_owned(), hit.rows.into());
    fields.insert("time_column".to_owned(), hit.time.clone().into());
    fields.insert("first".to_owned(), time(hit.first));
    fields.insert("last".to_owned(), time(hit.last));
    fields.insert("entities".to_owned(), entities_json(&hit.entities));
    fields.insert("more_entities".to_owned(), hit.more_entities.into());
    let columns: Vec<Value> =
        hit.columns.iter().map(|column| json!({"name": column.name, "type": column.ty.name()})).collect();
    fields.insert("columns".to_owned(), columns.into());
    let sample: Vec<Value> = hit.sample.iter().map(|row| json!(row)).collect();
    fields.insert("sample".to_owned(), sample.into());
}
