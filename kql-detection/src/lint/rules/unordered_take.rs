//! take without an order returns any rows.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unordered-take",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "take without an order returns any rows.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unordered-take.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if matches!(query.rule.kind, RuleKind::Query | RuleKind::Hunting) {
        return;
    }
    query.pipelines(|pipeline| {
        let mut is_ordered = false;
        for operator in &pipeline.operators {
            match &operator.kind {
                OperatorKind::Sort(_) | OperatorKind::Top(_) | OperatorKind::Serialize(_) => is_ordered = true,
                OperatorKind::Summarize(_)
                | OperatorKind::Join(_)
                | OperatorKind::Union(_)
                | OperatorKind::Distinct(_) => {
                    is_ordered = false;
                }
                OperatorKind::Take(_) if !is_ordered => {
                    found
                        .at(operator.span, "Without an order, any rows are returned.")
                        .help("use 'top N by column', or sort first");
                }
                _ => {}
            }
        }
    });
}
