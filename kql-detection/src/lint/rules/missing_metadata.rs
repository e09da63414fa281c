//! A scheduled rule has no description, severity, tactics or techniques.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "missing-metadata",
    level: Level::Note,
    topic: Topic::Deployment,
    summary: "A scheduled rule has no description, severity, tactics or techniques.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/missing-metadata.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let rule = query.rule;
    if !matches!(rule.kind, RuleKind::Scheduled | RuleKind::Nrt) {
        return;
    }
    let mut missing = Vec::new();
    if rule.description.is_none() {
        missing.push("a description");
    }
    if rule.severity.is_none() {
        missing.push("a severity");
    }
    if rule.tactics.is_empty() {
        missing.push("tactics");
    }
    if rule.techniques.is_empty() {
        missing.push("techniques");
    }
    if let Some((last, before)) = missing.split_last() {
        let list = if before.is_empty() { (*last).to_owned() } else { format!("{} and {last}", before.join(", ")) };
        let message = format!("The rule does not have {list}.");
        match query.metadata_place() {
            Some(place) => found.in_file(place, message),
            None => found.whole(message),
        };
    }
}
