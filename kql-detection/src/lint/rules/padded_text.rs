//! A whole value is compared with a text that begins or ends with a blank.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_engine::ScalarType;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "padded-text",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A whole value is compared with a text that begins or ends with a blank.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/padded-text.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |column: &Expr, value: &Expr| {
        let Some(meaning) = query.expr(plain(column)) else { return };
        if meaning.ty != ScalarType::String
            || meaning.column.is_none()
            || !matches!(plain(value).kind, ExprKind::Literal(_))
        {
            return;
        }
        let Some(text) = query.text_of(plain(value)) else { return };
        if text.trim() != text && !text.trim().is_empty() {
            found
                .at(value.span, format!("The whole value must be '{text}', with the blank."))
                .help("remove the blank, or use 'has' for a part of the value");
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b)
            if matches!(b.op, BinaryOp::Equal | BinaryOp::EqualTilde | BinaryOp::NotEqual | BinaryOp::BangTilde) =>
        {
            look(&b.left, &b.right);
        }
        ExprKind::In(membership) if !matches!(membership.op, InOp::HasAny | InOp::HasAll) => {
            membership.items.iter().for_each(|item| look(&membership.left, item));
        }
        _ => {}
    });
}
