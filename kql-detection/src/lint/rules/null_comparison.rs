//! A value is compared with null, which is never true.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, scalars};
use kql_engine::value::Value;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "null-comparison",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "A value is compared with null, which is never true.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/null-comparison.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    // a name for null is a setting that the reader is meant to change
    let is_null = |e: &Expr| {
        let mut has_name = false;
        scalars(e, |part| has_name |= matches!(part.kind, ExprKind::Name(_)));
        !has_name && matches!(query.constant(e), Some(Value::Null))
    };
    query.exprs(|e| {
        let (null, is_order) = match &e.kind {
            ExprKind::Binary(b) => {
                use BinaryOp::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
                let is_order = match b.op {
                    Equal => false,
                    GreaterThan | GreaterThanOrEqual | LessThan | LessThanOrEqual => true,
                    _ => return,
                };
                let sides = [&b.right, &b.left];
                match sides.into_iter().find(|side| is_null(side)) {
                    Some(null) => (null, is_order),
                    None => return,
                }
            }
            ExprKind::Between(between) => {
                let ends = [&between.low, &between.high];
                match ends.into_iter().find(|end| is_null(end)) {
                    Some(null) => (null, true),
                    None => return,
                }
            }
            ExprKind::In(membership) if matches!(membership.op, InOp::In | InOp::InCs) => {
                if let Some(null) = membership.items.iter().find(|item| is_null(item)) {
                    found.at(null.span, "No value equals null, so this item is never found.").help("use isnull()");
                }
                return;
            }
            _ => return,
        };
        let text = null.span.text(query.text);
        let message = format!("'{text}' is null, and a comparison with null is never true.");
        let help = if is_order { "write a value that can be read" } else { "use isnull() to test for null" };
        found.at(e.span, message).label(null.span, "this is null").help(help);
    });
}
