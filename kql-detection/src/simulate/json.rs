//! The result of a simulation for programs.

use super::outcome::{Ran, Simulated, SimulatedRule, Simulation};
use crate::hunt::{entities_json, iso};
use kql_parser::time;
use serde_json::{Map, Value, json};

/// The result as one object.
pub fn object(simulation: &Simulation) -> Value {
    json!({
        "from": simulation.range.map(|(from, _)| iso(from)),
        "to": simulation.range.map(|(_, to)| iso(to)),
        "rules": simulation.rules.iter().map(rule_object).collect::<Vec<_>>(),
        "problems": simulation.problems.iter().map(|problem| json!({
            "file": problem.file.display().to_string(), "line": problem.line(), "message": problem.message,
        })).collect::<Vec<_>>(),
        "notices": simulation.notices,
    })
}

/// What became of one rule, as an object.
pub fn rule_object(simulated: &SimulatedRule) -> Value {
    let rule = &simulated.rule;
    let mut object = json!({
        "name": rule.name,
        "id": rule.id.as_ref().map(|id| &id.value),
        "file": rule.file.display().to_string(),
        "severity": rule.severity.as_ref().map(|severity| &severity.value),
        "status": match &simulated.outcome {
            Simulated::Ran(_) => "ran",
            Simulated::NoSchedule => "no_schedule",
            Simulated::Refused(_) => "refused",
        },
    });
    let Some(fields) = object.as_object_mut() else { return object };
    match &simulated.outcome {
        Simulated::Ran(ran) => add(fields, ran),
        Simulated::Refused(refusal) => {
            fields.insert("reason".to_owned(), refusal.reason.clone().into());
            fields.insert("error_line".to_owned(), refusal.line.into());
        }
        Simulated::NoSchedule => {}
    }
    object
}

fn add(fields: &mut Map<String, Value>, ran: &Ran) {
    let at = iso;
    let alerts: Vec<Value> = ran
        .alerts
        .iter()
        .map(|alert| {
            json!({
                "now": at(alert.now), "rows": alert.rows, "alerts": alert.alerts, "first": alert.first.map(at),
                "last": alert.last.map(at), "entities": entities_json(&alert.entities), "repeated_rows": alert.repeated_rows,
            })
        })
        .collect();
    let gaps: Vec<Value> = ran
        .gaps
        .iter()
        .map(|gaps| {
            let examples: Vec<Value> = gaps
                .examples
                .iter()
                .map(|(time, arrived)| json!({"time": at(*time), "arrived": at(*arrived)}))
                .collect();
            json!({
                "table": gaps.table, "seen": gaps.seen, "late": gaps.late, "between": gaps.between,
                "suppressed": gaps.suppressed, "outside": gaps.outside, "late_examples": examples,
            })
        })
        .collect();
    let repeats: Vec<Value> = ran
        .repeats
        .iter()
        .map(|repeat| json!({"first": at(repeat.first), "again": at(repeat.again), "row": repeat.row}))
        .collect();
    let more = [
        ("frequency", time::units(ran.schedule.frequency).into()),
        ("period", ran.schedule.period.map(time::units).into()),
        ("runs", ran.schedule.runs.into()),
        ("suppressed_runs", ran.suppressed.into()),
        ("rows", ran.rows.into()),
        ("alert_count", ran.alert_count().into()),
        ("alerts", alerts.into()),
        ("repeated_rows", ran.repeated_rows.into()),
        ("repeated_alerts", ran.repeated_alerts.into()),
        ("repeats", repeats.into()),
        ("gaps", gaps.into()),
    ];
    fields.extend(more.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
}
