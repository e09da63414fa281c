//! A comment switches a rule off where the rule finds nothing.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unused-suppression",
    level: Level::Warning,
    topic: Topic::Style,
    summary: "A comment switches a rule off where the rule finds nothing.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unused-suppression.md"),
    check,
};

/// Suppressions are known when all other rules have run: the linter adds what they did not hide.
fn check(_: &Query<'_>, _: &mut Findings) {}
