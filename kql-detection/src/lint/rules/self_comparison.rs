//! A column is compared with itself.

use super::hidden_let::hideable;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, plain};
use kql_parser::ast::{BinaryOp, ExprKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "self-comparison",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A column is compared with itself.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/self-comparison.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let hidden = hideable(query);
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        let always = match b.op {
            BinaryOp::Equal | BinaryOp::GreaterThanOrEqual | BinaryOp::LessThanOrEqual | BinaryOp::EqualTilde => "true",
            BinaryOp::NotEqual | BinaryOp::GreaterThan | BinaryOp::LessThan | BinaryOp::BangTilde => "false",
            _ => return,
        };
        let column = |e| query.expr(plain(e)).and_then(|meaning| meaning.column);
        let (Some(left), Some(right)) = (column(&b.left), column(&b.right)) else { return };
        let Some(name) = name_of(&b.left).filter(|_| left == right) else { return };
        // a name that is hidden by the column is the subject of another rule
        if hidden.iter().any(|hidden| hidden.is_meant(name, e.span)) {
            return;
        }
        let message = format!("'{name}' is compared with itself, so this is {always} for every value.");
        found.at(e.span, message).help("compare it with another column or a constant");
    });
}
