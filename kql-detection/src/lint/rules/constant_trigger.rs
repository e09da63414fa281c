//! The number of rows is fixed by the query, so the trigger always or never fires.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::Operator;
use kql_engine::value::Value;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "constant-trigger",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The number of rows is fixed by the query, so the trigger always or never fires.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/constant-trigger.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let (Some(trigger), Some(result)) = (&query.rule.trigger, query.result()) else { return };
    for operator in result.operators.iter().rev() {
        let most = match &operator.kind {
            OperatorKind::Count(_) => None,
            OperatorKind::Summarize(summarize) if summarize.by.is_empty() && summarize.bin.is_none() => None,
            OperatorKind::Take(count) => query.constant(count).and_then(Value::as_long),
            OperatorKind::Top(top) => query.constant(&top.count).and_then(Value::as_long),
            OperatorKind::Extend(_) | OperatorKind::Project(_) | OperatorKind::Sort(_) | OperatorKind::Render(_) => {
                continue;
            }
            OperatorKind::ProjectAway(_) | OperatorKind::ProjectRename(_) | OperatorKind::ProjectReorder(_) => continue,
            _ => return,
        };
        let threshold = trigger.threshold.value;
        let message = match most {
            None if trigger.fires(1) => "The query always returns one row, so the rule fires at every run.".to_owned(),
            None => "The query always returns one row, so the rule never fires.".to_owned(),
            Some(most) => {
                let most = u64::try_from(most).unwrap_or(0);
                if trigger.operator.value != Operator::Greater || most > threshold {
                    return;
                }
                format!("The query returns {most} rows at most, so more than {threshold} never happen.")
            }
        };
        found.at(operator.name_span, message).help("filter the rows, or change the trigger");
        return;
    }
}
