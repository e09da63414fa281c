//! SARIF 2.1.0, the Static Analysis Results Interchange Format.

use crate::lint::level::Level;
use crate::lint::lines::place_in_lines;
use crate::lint::lint_rule::LintRule;
use crate::lint::linter::{Finding, LintReport};
use crate::lint::rules::RULES;
use crate::problem::Place;
use serde_json::{Value, json};
use std::path::Path;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn report(reports: &[LintReport]) -> String {
    let rules: Vec<Value> = RULES.iter().map(|rule| descriptor(rule)).collect();
    let results: Vec<Value> =
        reports.iter().flat_map(|report| report.findings.iter().map(|finding| result(&report.file, finding))).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kql lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(rule: &LintRule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"enabled": rule.level > Level::Off, "level": level(rule.level)},
        "properties": {"tags": [rule.topic.name()]},
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn result(file: &Path, finding: &Finding) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{} ({help})", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": RULES.iter().position(|rule| rule.name == finding.rule.name),
        "level": level(finding.level),
        "message": {"text": text},
        "locations": [{"physicalLocation": location(file, finding, finding.place)}],
        "partialFingerprints": {"kqlLint/v1": finding.fingerprint},
    });
    if !finding.in_query && !finding.labels.is_empty() {
        let related = finding.labels.iter().map(
            |(place, label)| json!({"physicalLocation": location(file, finding, *place), "message": {"text": label}}),
        );
        result["relatedLocations"] = related.collect();
    }
    if let Some(edits) = &finding.fix {
        let replacements: Vec<Value> = edits
            .iter()
            .map(|(place, new)| {
                json!({"deletedRegion": region(&finding.source, *place), "insertedContent": {"text": new}})
            })
            .collect();
        let help = finding.help.clone().unwrap_or_else(|| "mend it".to_owned());
        result["fixes"] = json!([{
            "description": {"text": help},
            "artifactChanges": [{"artifactLocation": artifact(file), "replacements": replacements}],
        }]);
    }
    result
}

fn location(file: &Path, finding: &Finding, place: Place) -> Value {
    let region = match finding.in_query {
        true => json!({"startLine": finding.line}),
        false => region(&finding.source, place),
    };
    json!({"artifactLocation": artifact(file), "region": region})
}

fn region(text: &str, place: Place) -> Value {
    let (line, column, end_line, end_column) = place_in_lines(text, place);
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// The file as a URI reference: relative paths stay relative.
fn artifact(file: &Path) -> Value {
    let text = file.to_string_lossy().replace('\\', "/");
    let mut uri = String::new();
    for byte in text.trim_start_matches("./").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    // the first part of a relative reference has no colon; an absolute path becomes a file URI
    if uri.starts_with('/') { json!({"uri": format!("file://{uri}")}) } else { json!({"uri": uri}) }
}
