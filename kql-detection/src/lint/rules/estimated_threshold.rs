//! dcount() is an estimate, but its result is compared with an exact number.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, arms, call_of, name_of, named};
use kql_engine::value::Value;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "estimated-threshold",
    level: Level::Note,
    topic: Topic::Correctness,
    summary: "dcount() is an estimate, but its result is compared with an exact number.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/estimated-threshold.md"),
    check,
};

/// Below this number of values, dcount() is exact.
const EXACT: i64 = 1000;

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        let mut estimates: Vec<&str> = Vec::new();
        for operator in &pipeline.operators {
            match &operator.kind {
                OperatorKind::Summarize(summarize) => {
                    let name = |e: &'_ Expr| -> bool { call_of(named(e).1, "dcount").is_some() };
                    let all = summarize.aggregates.iter().filter(|e| name(e));
                    estimates = all.filter_map(|e| named(e).0.map(|name| name.text.as_str())).collect();
                }
                OperatorKind::Where(condition) => {
                    for arm in arms(condition, BinaryOp::And) {
                        let ExprKind::Binary(b) = &arm.kind else { continue };
                        let is_estimate = name_of(&b.left).is_some_and(|name| estimates.contains(&name));
                        let threshold = query.constant(&b.right).and_then(Value::as_long);
                        if is_estimate && threshold.is_some_and(|threshold| threshold > EXACT) {
                            found
                                .at(
                                    arm.span,
                                    "The number of values is an estimate, so this is true for others near it, too.",
                                )
                                .help("use count_distinct()");
                        }
                    }
                }
                _ => {}
            }
        }
    });
}
