//! An entity mapping names a column that the result does not have.

use crate::lint::columns::look_for_column;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "entity-column",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "An entity mapping names a column that the result does not have.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/entity-column.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for field in query.rule.entities.iter().flat_map(|entity| &entity.fields) {
        look_for_column(query, found, &field.column.value, field.column.place);
    }
}
