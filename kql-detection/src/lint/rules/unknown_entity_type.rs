//! The type of an entity is not one that Sentinel knows.

use crate::entity_types::{TYPES, entity_type};
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unknown-entity-type",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The type of an entity is not one that Sentinel knows.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unknown-entity-type.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.kind == RuleKind::Defender {
        return;
    }
    let names = || TYPES.iter().map(|known| known.name);
    for entity in &query.rule.entities {
        let kind = &entity.kind;
        if entity_type(&kind.value).is_some() {
            continue;
        }
        let finding = found.in_file(kind.place, format!("'{}' is not a type of entities.", kind.value));
        match kql_parser::suggest(&kind.value, names()) {
            Some(similar) => finding.help(format!("did you mean '{similar}'?")),
            None => finding.help(format!("use one of {}", names().collect::<Vec<_>>().join(", "))),
        };
    }
}
