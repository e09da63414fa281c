//! A value of a known enumeration is written in another letter case.

use crate::lint::enumerations::known_values;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "wrong-letter-case",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "A value of a known enumeration is written in another letter case.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/wrong-letter-case.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |column: &Expr, value: &Expr| {
        let Some((table, column)) = query.table_column(plain(column)) else { return };
        let Some(known) = known_values(table, column) else { return };
        let Some(texts) = query.texts(value) else { return };
        for text in texts.iter().filter(|text| !known.contains(&text.as_str())) {
            if let Some(right) = known.iter().find(|known| known.eq_ignore_ascii_case(text)) {
                let message = format!("'{column}' of {table} has the value '{right}', not '{text}'.");
                found.at(value.span, message).help(format!("use '{right}'"));
            }
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) => {
            if matches!(b.op, BinaryOp::Equal | BinaryOp::NotEqual) {
                look(&b.left, &b.right);
            }
        }
        ExprKind::In(membership) if matches!(membership.op, InOp::InCs | InOp::NotInCs) => {
            membership.items.iter().for_each(|item| look(&membership.left, item));
        }
        _ => {}
    });
}
