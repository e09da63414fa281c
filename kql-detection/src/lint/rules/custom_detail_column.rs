//! A custom detail names a column that the result does not have.

use crate::lint::columns::look_for_column;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "custom-detail-column",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "A custom detail names a column that the result does not have.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/custom-detail-column.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for (_, value) in &query.rule.custom_details {
        look_for_column(query, found, &value.value, value.place);
    }
}
