//! A comment switches off a rule that does not exist.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "invalid-suppression",
    level: Level::Error,
    topic: Topic::Style,
    summary: "A comment switches off a rule that does not exist.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/invalid-suppression.md"),
    check,
};

/// Comments are read with the file: the linter adds what is wrong with them.
fn check(_: &Query<'_>, _: &mut Findings) {}
