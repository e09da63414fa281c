//! Analytic rules and hunting queries of Sentinel: as YAML, and as the properties of a resource.

use super::fields::{Fields, OPERATORS};
use super::model::{Entity, EntityField, EventGrouping, Rule, RuleKind, Trigger};
use crate::problem::{Placed, Problem};
use crate::yaml::Node;

/// The shortest time between two runs of a scheduled rule, in ticks of 100 ns: 5 minutes.
const SHORTEST: i64 = 5 * 60 * 10_000_000;

/// The keys that only rules have.
const TELLING: [&str; 12] = [
    "displayName",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "severity",
    "tactics",
    "relevantTechniques",
    "techniques",
    "entityMappings",
    "requiredDataConnectors",
    "suppressionDuration",
];

/// Kinds of rules, and whether they have a query.
const KINDS: [(&str, Option<RuleKind>); 8] = [
    ("Scheduled", Some(RuleKind::Scheduled)),
    ("NRT", Some(RuleKind::Nrt)),
    ("Hunting", Some(RuleKind::Hunting)),
    ("Fusion", None),
    ("MLBehaviorAnalytics", None),
    ("MicrosoftSecurityIncidentCreation", None),
    ("ThreatIntelligence", None),
    ("Anomaly", None),
];

/// Whether a map has a key that, beside a query, only rules have.
pub fn is_certain(node: &Node) -> bool {
    TELLING.iter().any(|key| node.get(key).is_some())
}

/// The rule of a YAML file, or of a resource: `outer` has its kind and identifier, `inner` the other fields. `None`, and
/// no problem, for kinds of rules that have no query.
pub fn rule(fields: &mut Fields<'_>, outer: &Node, inner: &Node, assumed: Option<RuleKind>) -> Option<Rule> {
    let stated = match assumed {
        Some(kind) => Some(Some(kind)),
        None => fields.word(outer, &["kind"], &KINDS).map(|kind| kind.value),
    };
    if stated == Some(None) {
        return None;
    }
    let name = fields.text(inner, &["displayName", "name"]);
    let Some(query) = fields.value(inner, &["query"]) else {
        missing_query(fields, inner, name.as_ref());
        return None;
    };
    let query = fields.query(query)?;
    let kind = stated.flatten().unwrap_or_else(|| guess(inner));
    let mut rule = Rule::new(&fields.source.file, kind, query);
    if let Some(name) = name {
        rule.name = name.value;
    }
    rule.id = id(fields, outer, inner);
    rule.description = fields.text(inner, &["description"]);
    rule.severity = fields.severity(inner, &["severity"]);
    rule.tactics = fields.texts(inner, &["tactics"]);
    rule.techniques = fields.texts(inner, &["relevantTechniques", "techniques"]);
    rule.techniques.extend(fields.texts(inner, &["subTechniques"]));
    let problems = fields.problems.len();
    rule.period = fields.duration(inner, &["queryPeriod"]);
    rule.frequency = fields.duration(inner, &["queryFrequency"]);
    rule.trigger = trigger(fields, inner);
    rule.grouping = grouping(fields, inner);
    if fields.flag(inner, &["suppressionEnabled"]) == Some(true) {
        rule.suppression = fields.duration(inner, &["suppressionDuration"]);
    }
    let unread = fields.problems.get(problems..).and_then(|new| new.first()).cloned();
    rule.schedule_problem = unread.or_else(|| too_often(fields, &rule));
    rule.entities = entities(fields, inner);
    rule.custom_details = fields.pairs(inner, &["customDetails"]);
    rule.alert_overrides = overrides(fields, inner);
    Some(rule)
}

/// The problem of a rule that would run more often than the service does.
pub fn too_often(fields: &Fields<'_>, rule: &Rule) -> Option<Problem> {
    let every = rule.frequency.as_ref().filter(|every| rule.kind != RuleKind::Nrt && every.value < SHORTEST)?;
    let message = "a scheduled rule cannot run more often than every 5 minutes";
    Some(fields.source.problem(every.place, message, Some("use 5m or more, or 'kind: NRT'".to_owned())))
}

/// What kind of rule it is if it does not say so.
fn guess(inner: &Node) -> RuleKind {
    let has = |keys: &[&str]| keys.iter().any(|key| inner.get(key).is_some());
    if has(&["queryFrequency", "queryPeriod", "triggerOperator"]) {
        RuleKind::Scheduled
    } else if has(&["id", "name", "displayName", "description", "tactics", "relevantTechniques"]) {
        RuleKind::Hunting
    } else {
        RuleKind::Query
    }
}

fn missing_query(fields: &mut Fields<'_>, inner: &Node, name: Option<&Placed<String>>) {
    let message = match name {
        Some(name) => format!("the rule '{}' does not have a query", name.value),
        None => "the rule does not have a query".to_owned(),
    };
    let keys = inner.map().unwrap_or_default();
    let similar = kql_parser::suggest("query", keys.iter().filter_map(|(key, _)| key.text())).map(str::to_owned);
    match similar.and_then(|similar| keys.iter().find(|(key, _)| key.text() == Some(&similar))) {
        Some((key, _)) if key.text() != Some("query") => fields.problem(key.place, message, "did you mean 'query'?"),
        _ => fields.problem(inner.place, message, "add the key 'query'"),
    }
}

/// The identifier. That of a resource is the name of the resource, often the last part of an expression.
fn id(fields: &mut Fields<'_>, outer: &Node, inner: &Node) -> Option<Placed<String>> {
    if std::ptr::eq(outer, inner) {
        return fields.text(outer, &["id"]);
    }
    let whole = fields.text(outer, &["name", "id"])?;
    let ids = |text: &str| {
        text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').find(|part| part.len() == 36).map(str::to_owned)
    };
    let value = ids(&whole.value).unwrap_or(whole.value);
    Some(Placed { value, place: whole.place })
}

fn trigger(fields: &mut Fields<'_>, inner: &Node) -> Option<Trigger> {
    let operator = fields.word(inner, &["triggerOperator"], &OPERATORS);
    let threshold = fields.number(inner, &["triggerThreshold"]);
    Some(Trigger { operator: operator?, threshold: threshold? })
}

fn grouping(fields: &mut Fields<'_>, inner: &Node) -> EventGrouping {
    let words = [("SingleAlert", EventGrouping::SingleAlert), ("AlertPerResult", EventGrouping::AlertPerResult)];
    let Some(settings) = fields.value(inner, &["eventGroupingSettings"]) else { return EventGrouping::default() };
    fields.word(settings, &["aggregationKind"], &words).map(|word| word.value).unwrap_or_default()
}

fn entities(fields: &mut Fields<'_>, inner: &Node) -> Vec<Entity> {
    let mut entities = Vec::new();
    for item in fields.maps(inner, &["entityMappings"]) {
        let Some(kind) = required(fields, &item, "entityType") else { continue };
        let mut found = Vec::new();
        for field in fields.maps(&item, &["fieldMappings"]) {
            let identifier = required(fields, &field, "identifier");
            let column = required(fields, &field, "columnName");
            if let (Some(identifier), Some(column)) = (identifier, column) {
                found.push(EntityField { identifier, column });
            }
        }
        entities.push(Entity { kind, fields: found });
    }
    entities
}

/// A text that an item of a list must have.
pub fn required(fields: &mut Fields<'_>, item: &Node, key: &str) -> Option<Placed<String>> {
    if fields.value(item, &[key]).is_some() {
        return fields.text(item, &[key]);
    }
    let help = match kql_parser::suggest(key, item.map().unwrap_or_default().iter().filter_map(|(key, _)| key.text())) {
        Some(similar) if similar != key => format!("did you mean '{key}' instead of '{similar}'?"),
        _ => format!("add '{key}: TEXT'"),
    };
    fields.problem(item.place, format!("'{key}' is missing"), help);
    None
}

/// The overrides of an alert's fields; the dynamic ones are a list of properties and columns.
fn overrides(fields: &mut Fields<'_>, inner: &Node) -> Vec<(Placed<String>, Placed<String>)> {
    let mut pairs = Vec::new();
    for (key, value) in fields.entries(inner, &["alertDetailsOverride"]) {
        let Some(key) = key.placed_text() else { continue };
        if value.is_null() {
            continue;
        }
        if key.value != "alertDynamicProperties" {
            pairs.extend(fields.as_text(&value, &key.value).map(|value| (key, value)));
        }
    }
    let Some(settings) = fields.value(inner, &["alertDetailsOverride"]) else { return pairs };
    for item in fields.maps(settings, &["alertDynamicProperties"]) {
        let property = required(fields, &item, "alertProperty");
        let column = required(fields, &item, "value");
        pairs.extend(property.zip(column));
    }
    pairs
}
