//! The file of a rule has a field that cannot be used.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "invalid-rule",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The file of a rule has a field that cannot be used.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/invalid-rule.md"),
    check,
};

/// The problems of a file are found when it is read: the linter adds them itself.
fn check(_: &Query<'_>, _: &mut Findings) {}
