//! An analytic rule draws its result, which nobody sees.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "render-in-rule",
    level: Level::Note,
    topic: Topic::Deployment,
    summary: "An analytic rule draws its result, which nobody sees.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/render-in-rule.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if matches!(query.rule.kind, RuleKind::Query | RuleKind::Hunting) {
        return;
    }
    query.operators(|operator| {
        if matches!(operator.kind, OperatorKind::Render(_)) {
            found.at(operator.span, "A rule never shows its result as a chart.").help("remove the render");
        }
    });
}
