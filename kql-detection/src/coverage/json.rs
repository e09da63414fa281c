//! Coverage as JSON.

use super::model::Coverage;
use serde_json::{Value, json};

pub(super) fn report(all: &[Coverage]) -> String {
    let rules: Vec<Value> = all.iter().map(rule).collect();
    format!("{}\n", json!({ "rules": rules }))
}

fn rule(coverage: &Coverage) -> Value {
    let units: Vec<Value> = coverage
        .units
        .iter()
        .map(|unit| {
            json!({
                "kind": unit.kind.name(),
                "line": coverage.line(unit),
                "start": unit.at.start,
                "end": unit.at.end,
                "text": unit.at.text(&coverage.query),
                "yes": unit.yes,
                "no": unit.no,
                "gap": unit.gap(),
            })
        })
        .collect();
    let (reached, all) = coverage.total();
    json!({
        "file": coverage.file, "rule": coverage.rule, "techniques": coverage.techniques,
        "reached": reached, "all": all, "percent": coverage.percent(),
        "tests": coverage.tests.0, "passed": coverage.tests.1, "units": units,
    })
}
