//! An identifier of an entity mapping is not one of its type.

use crate::entity_types::entity_type;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unknown-identifier",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "An identifier of an entity mapping is not one of its type.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unknown-identifier.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.kind == RuleKind::Defender {
        return;
    }
    for entity in &query.rule.entities {
        // an unknown type is the subject of another rule
        let Some(known) = entity_type(&entity.kind.value) else { continue };
        for field in &entity.fields {
            let identifier = &field.identifier;
            if known.has(&identifier.value) {
                continue;
            }
            let message = format!("'{}' is not an identifier of the type {}.", identifier.value, known.name);
            let finding = found.in_file(identifier.place, message);
            match kql_parser::suggest(&identifier.value, known.identifiers.iter().copied()) {
                Some(similar) => finding.help(format!("did you mean '{similar}'?")),
                None => finding.help(format!("use one of {}", known.identifiers.join(", "))),
            };
        }
    }
}
