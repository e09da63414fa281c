//! A comparison names a let, but a column of the same name is what counts.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, plain};
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, LetValue, StatementKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "hidden-let",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A comparison names a let, but a column of the same name is what counts.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/hidden-let.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let lets: Vec<(&str, Span)> = query
        .statements()
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Let(l) => match &l.value {
                LetValue::Expr(value) if query.constant(value).is_some() => Some((l.name.text.as_str(), l.name.span)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let mut look = |e: &Expr| {
        let Some(name) = name_of(e) else { return };
        let is_column = query.expr(plain(e)).is_some_and(|meaning| meaning.column.is_some());
        if let Some((_, span)) = lets.iter().find(|(known, _)| *known == name).filter(|_| is_column) {
            found
                .at(e.span, format!("This is the column '{name}', which hides the let of the same name."))
                .label(*span, "this let")
                .help("give the let another name");
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) if !matches!(b.op, BinaryOp::And | BinaryOp::Or) => look(&b.right),
        ExprKind::In(membership) => membership.items.iter().for_each(&mut look),
        _ => {}
    });
}
