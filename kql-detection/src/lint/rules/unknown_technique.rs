//! The id of a technique is not one of ATT&CK, or not any more.

use super::malformed_technique::is_technique;
use crate::lint::attack::{self, Technique};
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unknown-technique",
    level: Level::Warning,
    topic: Topic::Deployment,
    summary: "The id of a technique is not one of ATT&CK, or not any more.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unknown-technique.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for technique in query.rule.techniques.iter().filter(|technique| is_technique(&technique.value)) {
        let id = &technique.value;
        let (message, help) = match attack::technique(id) {
            Technique::Used => continue,
            Technique::Replaced(new) => (format!("'{new}' replaced '{id}' in ATT&CK."), format!("use '{new}'")),
            Technique::Withdrawn => {
                (format!("ATT&CK does not use '{id}' any more."), "use a technique that replaces it".to_owned())
            }
            Technique::Unknown => (not_known(id), "check the number".to_owned()),
            Technique::UnknownSub("") => (not_known(id), "use the technique, which has no sub-techniques".to_owned()),
            Technique::UnknownSub(known) => (not_known(id), format!("use one of its sub-techniques: {known}")),
        };
        found.in_file(technique.place, message).help(help);
    }
}

fn not_known(id: &str) -> String {
    format!("ATT&CK {} does not have the technique '{id}'.", attack::version())
}
