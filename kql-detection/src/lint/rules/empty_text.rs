//! A text operator searches for an empty text, which every text has.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use crate::lint::verdicts::text_operator;
use kql_parser::ast::{Expr, ExprKind, InOp};
use kql_scan::text::Mode;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "empty-text",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A text operator searches for an empty text, which every text has.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/empty-text.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |e: &Expr| {
        if matches!(plain(e).kind, ExprKind::Literal(_)) && query.text_of(plain(e)) == Some("") {
            found
                .at(e.span, "Every text has the empty text, so this does not depend on the row.")
                .help("use isempty() or isnotempty() to test for an empty text");
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) if text_operator(b.op).is_some_and(|(mode, ..)| mode != Mode::Equals) => {
            look(&b.right);
        }
        ExprKind::In(membership) if matches!(membership.op, InOp::HasAny) => {
            membership.items.iter().for_each(&mut look)
        }
        _ => {}
    });
}
