//! How the fields of two versions of a rule differ, beside their queries.

use crate::rule::{EventGrouping, Operator, Rule, RuleKind};
use kql_parser::time;

/// A field of a rule that another version has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The key, as rules of Sentinel have it.
    pub name: &'static str,
    /// The old value as text; `None` if the old version does not have the field.
    pub old: Option<String>,
    /// The new value.
    pub new: Option<String>,
}

/// The fields that differ: when a rule runs, when it makes an alert, and what is in the alert. Its name, identifier and
/// description are not compared.
pub fn changed_fields(old: &Rule, new: &Rule) -> Vec<FieldChange> {
    let pairs = fields(old).into_iter().zip(fields(new));
    let changes = pairs.map(|((name, old), (_, new))| FieldChange { name, old, new });
    changes.filter(|change| change.old != change.new).collect()
}

fn fields(rule: &Rule) -> [(&'static str, Option<String>); 13] {
    let trigger = rule.trigger.as_ref();
    let list = |items: &[crate::problem::Placed<String>]| {
        let mut items: Vec<&str> = items.iter().map(|item| item.value.as_str()).collect();
        items.sort_unstable();
        some(items.join(", "))
    };
    let pairs = |pairs: &[(crate::problem::Placed<String>, crate::problem::Placed<String>)]| {
        let mut pairs: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{}={}", key.value, value.value)).collect();
        pairs.sort();
        some(pairs.join(", "))
    };
    [
        ("kind", kind(rule.kind).map(str::to_owned)),
        ("severity", rule.severity.as_ref().map(|severity| severity.value.clone())),
        ("queryFrequency", rule.frequency.as_ref().map(|frequency| duration(frequency.value))),
        ("queryPeriod", rule.period.as_ref().map(|period| duration(period.value))),
        ("triggerOperator", trigger.map(|trigger| operator(trigger.operator.value).to_owned())),
        ("triggerThreshold", trigger.map(|trigger| trigger.threshold.value.to_string())),
        ("suppressionDuration", rule.suppression.as_ref().map(|silence| duration(silence.value))),
        (
            "aggregationKind",
            match rule.grouping {
                EventGrouping::SingleAlert => None,
                EventGrouping::AlertPerResult => Some("AlertPerResult".to_owned()),
            },
        ),
        ("tactics", list(&rule.tactics)),
        ("techniques", list(&rule.techniques)),
        ("entityMappings", entities(rule)),
        ("customDetails", pairs(&rule.custom_details)),
        ("alertDetailsOverride", pairs(&rule.alert_overrides)),
    ]
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The kind of a rule that says it; a query alone has none.
fn kind(kind: RuleKind) -> Option<&'static str> {
    match kind {
        RuleKind::Scheduled => Some("Scheduled"),
        RuleKind::Nrt => Some("NRT"),
        RuleKind::Hunting => Some("Hunting"),
        RuleKind::Defender => Some("Defender"),
        RuleKind::Sigma => Some("Sigma"),
        RuleKind::Query => None,
    }
}

fn duration(ticks: i64) -> String {
    if ticks == 0 { "0".to_owned() } else { time::units(ticks) }
}

fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Greater => "gt",
        Operator::Less => "lt",
        Operator::Equal => "eq",
        Operator::NotEqual => "ne",
    }
}

/// `Account(FullName=User), IP(Address=ClientIP)`
fn entities(rule: &Rule) -> Option<String> {
    let of = |entity: &crate::rule::Entity| {
        let mut fields: Vec<String> =
            entity.fields.iter().map(|field| format!("{}={}", field.identifier.value, field.column.value)).collect();
        fields.sort();
        format!("{}({})", entity.kind.value, fields.join(", "))
    };
    let mut all: Vec<String> = rule.entities.iter().map(of).collect();
    all.sort();
    some(all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::read;
    use std::path::Path;

    #[test]
    fn what_an_analyst_changes() {
        let rule = |more: &str| {
            let text = format!("id: 1\nname: r\nkind: Scheduled\nqueryFrequency: 1h\nquery: T\n{more}");
            read(Path::new("a.yaml"), &text).rules.remove(0)
        };
        let old = rule("severity: Low\nqueryPeriod: 1d\ntriggerOperator: gt\ntriggerThreshold: 0\n");
        let new = rule(
            "severity: High\nqueryPeriod: 24h\ntriggerOperator: gt\ntriggerThreshold: 5\nrelevantTechniques: [T1110]\n\
             entityMappings:\n- entityType: IP\n  fieldMappings:\n  - {identifier: Address, columnName: ClientIP}\n",
        );
        let shown = |change: &FieldChange| {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            format!("{} {} {}", change.name, side(&change.old), side(&change.new))
        };
        let found: Vec<String> = changed_fields(&old, &new).iter().map(shown).collect();
        assert_eq!(
            found,
            [
                "severity Low High",
                "triggerThreshold 0 5",
                "techniques - T1110",
                "entityMappings - IP(Address=ClientIP)"
            ]
        );
        assert!(changed_fields(&old, &old).is_empty());
    }
}
