//! An analytic rule sorts its result, whose order has no effect.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "sort-in-rule",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "An analytic rule sorts its result, whose order has no effect.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/sort-in-rule.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if matches!(query.rule.kind, RuleKind::Query | RuleKind::Hunting) {
        return;
    }
    let Some(result) = query.result() else { return };
    for operator in result.operators.iter().rev() {
        match &operator.kind {
            OperatorKind::Sort(_) => {
                found.at(operator.span, "The order of the rows has no effect on alerts.").help("remove the sort");
                return;
            }
            OperatorKind::Project(_) | OperatorKind::Extend(_) | OperatorKind::ProjectAway(_) => {}
            _ => return,
        }
    }
}
