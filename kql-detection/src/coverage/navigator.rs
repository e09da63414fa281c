//! A layer for MITRE's ATT&CK Navigator: the techniques of the rules, scored by what their tests reach.

use super::model::Coverage;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn report(all: &[Coverage]) -> String {
    let mut techniques: BTreeMap<&str, Vec<&Coverage>> = BTreeMap::new();
    for coverage in all {
        for technique in &coverage.techniques {
            techniques.entry(technique).or_default().push(coverage);
        }
    }
    let entries: Vec<Value> = techniques
        .into_iter()
        .map(|(technique, rules)| {
            let score = rules.iter().map(|rule| rule.percent()).max().unwrap_or(0);
            let comment: Vec<String> = rules
                .iter()
                .map(|rule| {
                    format!(
                        "{}: {} of {} tests pass, {} % reached",
                        rule.rule,
                        rule.tests.1,
                        rule.tests.0,
                        rule.percent()
                    )
                })
                .collect();
            json!({ "techniqueID": technique, "score": score, "comment": comment.join("\n"), "enabled": true })
        })
        .collect();
    let layer = json!({
        "name": "Tested detections",
        "versions": { "attack": "16", "navigator": "5.1.0", "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": "Techniques of the rules that kql test ran; the score is the part of a rule that its tests reach.",
        "gradient": { "colors": ["#ff6666", "#ffe766", "#8ec843"], "minValue": 0, "maxValue": 100 },
        "techniques": entries,
    });
    format!("{layer:#}\n")
}
