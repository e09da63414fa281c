//! A condition is true for every row that reaches it.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::lint::verdicts::verdicts;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "always-true",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A condition is true for every row that reaches it.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/always-true.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for fixed in verdicts(query).fixed.iter().filter(|fixed| fixed.value) {
        let finding = found.at(fixed.at, format!("This condition is always true: {}.", fixed.because));
        if let Some(span) = fixed.follows_from {
            finding.label(span, "because of this");
        }
    }
}
