//! The name or description of an alert has a placeholder for a column that the result does not have.

use crate::lint::columns::look_for_column;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::problem::Place;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "alert-column",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The name or description of an alert has a placeholder for a column that the result does not have.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/alert-column.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |name: &str, place: Place| look_for_column(query, found, name, place);
    for (key, value) in &query.rule.alert_overrides {
        if !key.value.ends_with("Format") {
            look(value.value.trim(), value.place);
            continue;
        }
        for part in value.value.split("{{").skip(1) {
            if let Some((name, _)) = part.split_once("}}") {
                look(name.trim(), value.place);
            }
        }
    }
}
