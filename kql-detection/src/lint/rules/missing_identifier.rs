//! An entity mapping lacks an identifier without which Sentinel refuses it.

use crate::entity_types::entity_type;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "missing-identifier",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "An entity mapping lacks an identifier that its type needs.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/missing-identifier.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.kind == RuleKind::Defender {
        return;
    }
    for entity in &query.rule.entities {
        let Some(known) = entity_type(&entity.kind.value).filter(|known| !known.required.is_empty()) else { continue };
        let has = |name: &&str| entity.fields.iter().any(|field| field.identifier.value.eq_ignore_ascii_case(name));
        // one that is not known is the subject of another rule
        if !entity.fields.iter().all(|field| known.has(&field.identifier.value)) {
            continue;
        }
        if entity.fields.is_empty() || known.required.iter().any(|set| set.iter().all(has)) {
            continue;
        }
        let sets: Vec<String> = known.required.iter().map(|set| set.join(" and ")).collect();
        let message = format!("This mapping does not name an entity of the type {}.", known.name);
        found.in_file(entity.kind.place, message).help(format!("add {}", sets.join(", or ")));
    }
}
