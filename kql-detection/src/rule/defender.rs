//! Custom detections of Defender: as the JSON of Microsoft Graph, in its first and its present form, and as YAML, which is
//! either the same tree or a flat list of keys.

use super::fields::Fields;
use super::model::{Entity, EntityField, Rule, RuleKind};
use super::sentinel::required;
use crate::problem::Placed;
use crate::yaml::Node;

/// How far back a query looks, by how often it runs, in hours.
const LOOKBACKS: [(i64, i64); 4] = [(1, 4), (3, 12), (12, 48), (24, 30 * 24)];

/// Ticks of 100 ns in an hour.
const HOUR: i64 = 36_000_000_000;

/// Names of entities, and the kinds that rules of Sentinel call them.
const ENTITIES: [(&str, &str); 14] = [
    ("device", "Host"),
    ("machine", "Host"),
    ("user", "Account"),
    ("hosts", "Host"),
    ("accounts", "Account"),
    ("mailboxes", "Mailbox"),
    ("files", "File"),
    ("ips", "IP"),
    ("urls", "URL"),
    ("processes", "Process"),
    ("mailbox", "Mailbox"),
    ("registryKeys", "RegistryKey"),
    ("registryValues", "RegistryValue"),
    ("mailMessages", "MailMessage"),
];

/// The rule whose query is in `queryCondition`.
pub fn nested(fields: &mut Fields<'_>, node: &Node, condition: &Node) -> Option<Rule> {
    let Some(query) = fields.value(condition, &["queryText"]) else {
        fields.problem(condition.place, "the rule does not have a query", "add the key 'queryText'");
        return None;
    };
    let query = fields.query(query)?;
    let mut rule = Rule::new(&fields.source.file, RuleKind::Defender, query);
    rule.id = fields.text(node, &["id", "detectorId"]);
    let template = fields.value(node, &["detectionAction"]).and_then(|action| fields.value(action, &["alertTemplate"]));
    let title = template.and_then(|template| fields.text(template, &["title"]));
    if let Some(name) = fields.text(node, &["displayName", "name"]).or_else(|| title.clone()) {
        rule.name = name.value;
    }
    if let Some(schedule) = fields.value(node, &["schedule"]) {
        frequency(fields, &mut rule, schedule, &["period", "frequency"]);
    }
    match template {
        Some(template) => {
            alert(fields, &mut rule, template, "severity");
            rule.description = fields.text(template, &["description"]);
            placeholders(&mut rule, "title", title);
        }
        None => rule.description = fields.text(node, &["description"]),
    }
    Some(rule)
}

/// The rule whose query is in `queryText`, beside all other keys.
pub fn flat(fields: &mut Fields<'_>, node: &Node, query: &Node) -> Option<Rule> {
    let query = fields.query(query)?;
    let mut rule = Rule::new(&fields.source.file, RuleKind::Defender, query);
    rule.id = fields.text(node, &["guid", "id"]);
    let title = fields.text(node, &["alertTitle"]);
    if let Some(name) = fields.text(node, &["ruleName", "displayName", "name"]).or_else(|| title.clone()) {
        rule.name = name.value;
    }
    frequency(fields, &mut rule, node, &["frequency", "period"]);
    alert(fields, &mut rule, node, "alertSeverity");
    rule.description = fields.text(node, &["alertDescription", "description"]);
    placeholders(&mut rule, "alertTitle", title);
    Some(rule)
}

/// The fields of the alert, which both forms call the same.
fn alert(fields: &mut Fields<'_>, rule: &mut Rule, node: &Node, severity: &str) {
    rule.severity = fields.severity(node, &[severity]);
    rule.tactics.extend(fields.text(node, &["category", "alertCategory"]));
    rule.techniques = fields.texts(node, &["mitreTechniques"]);
    for item in fields.list(node, &["tactics"]) {
        tactic(fields, rule, &item);
    }
    for asset in fields.maps(node, &["impactedAssets"]) {
        let (kind, identifier) = (required(fields, &asset, "@odata.type"), required(fields, &asset, "identifier"));
        rule.entities.extend(kind.zip(identifier).map(|(kind, identifier)| legacy(kind, identifier)));
    }
    for asset in fields.maps(node, &["impactedEntities"]) {
        let (kind, identifier) = (required(fields, &asset, "entityType"), required(fields, &asset, "entityIdentifier"));
        rule.entities.extend(kind.zip(identifier).map(|(kind, identifier)| legacy(kind, identifier)));
    }
    for (kind, items) in fields.entries(node, &["entityMappings"]) {
        let Some(kind) = kind.placed_text().filter(|kind| !kind.value.contains('@')) else { continue };
        for item in items.list().unwrap_or_default() {
            rule.entities.push(mapped(fields, &kind, item));
        }
    }
    rule.custom_details = fields.pairs(node, &["customDetails"]);
}

/// A tactic with its techniques, or its name alone.
fn tactic(fields: &mut Fields<'_>, rule: &mut Rule, item: &Node) {
    if item.map().is_none() {
        rule.tactics.extend(fields.as_text(item, "tactics"));
        return;
    }
    rule.tactics.extend(fields.text(item, &["tactic"]));
    for technique in fields.list(item, &["techniques"]) {
        if technique.map().is_some() {
            rule.techniques.extend(fields.text(&technique, &["technique"]));
            rule.techniques.extend(fields.texts(&technique, &["subTechniques"]));
        } else {
            rule.techniques.extend(fields.as_text(&technique, "techniques"));
        }
    }
}

/// An asset whose identifier is the name of the column, but for its first letter.
fn legacy(kind: Placed<String>, identifier: Placed<String>) -> Entity {
    let mut letters = identifier.value.chars();
    let column = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    let name = kind.value.rsplit('.').next().unwrap_or_default();
    let name = name.strip_prefix("impacted").and_then(|name| name.strip_suffix("Asset")).unwrap_or(name);
    Entity {
        kind: Placed { value: entity(name), place: kind.place },
        fields: vec![EntityField { column: Placed { value: column, place: identifier.place }, identifier }],
    }
}

/// An entity whose keys are identifiers with `Column` behind them.
fn mapped(fields: &mut Fields<'_>, kind: &Placed<String>, item: &Node) -> Entity {
    let mut found = Vec::new();
    for (key, column) in item.map().unwrap_or_default() {
        let Some(mut identifier) = key.placed_text() else { continue };
        let Some(name) = identifier.value.strip_suffix("Column").map(str::to_owned) else { continue };
        if column.is_null() {
            continue;
        }
        let column = fields.as_text(column, &identifier.value);
        identifier.value = name;
        found.extend(column.map(|column| EntityField { identifier, column }));
    }
    Entity { kind: Placed { value: entity(&kind.value), place: kind.place }, fields: found }
}

fn entity(name: &str) -> String {
    let known = ENTITIES.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    known.map_or(name, |(_, kind)| kind).to_owned()
}

/// How often the rule runs. That also says how far back its query looks, which no file states.
fn frequency(fields: &mut Fields<'_>, rule: &mut Rule, node: &Node, keys: &[&str]) {
    let problems = fields.problems.len();
    rule.frequency = fields.duration(node, keys);
    rule.schedule_problem = fields.problems.get(problems..).and_then(|new| new.first()).cloned();
    if let Some(every) = &rule.frequency {
        let lookback = LOOKBACKS.iter().find(|(hours, _)| hours * HOUR == every.value);
        rule.period = lookback.map(|(_, hours)| Placed { value: hours * HOUR, place: every.place });
    }
}

/// A title or description with columns in it changes with the alert.
fn placeholders(rule: &mut Rule, key: &str, title: Option<Placed<String>>) {
    if let Some(title) = title.filter(|title| title.value.contains("{{")) {
        rule.alert_overrides.push((Placed { value: key.to_owned(), place: title.place }, title));
    }
}
