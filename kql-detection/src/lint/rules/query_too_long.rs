//! The query of an analytic rule has more than 10,000 characters.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "query-too-long",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The query of an analytic rule has more than 10,000 characters.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/query-too-long.md"),
    check,
};

/// The limit of Sentinel, in characters.
const LIMIT: usize = 10_000;

fn check(query: &Query<'_>, found: &mut Findings) {
    let length = query.text.chars().count();
    if matches!(query.rule.kind, RuleKind::Scheduled | RuleKind::Nrt) && length > LIMIT {
        found
            .whole(format!("The query has {length} characters; an analytic rule can have 10,000."))
            .help("put lists into a watchlist, and common parts into a function");
    }
}
