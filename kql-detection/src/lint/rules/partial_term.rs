//! A term operator searches for a part of a word, which no value of the column has as a term.

use crate::lint::enumerations::known_values;
use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use crate::lint::verdicts::text_operator;
use kql_parser::ast::{Expr, ExprKind, InOp};
use kql_scan::text::{Case, Matcher, Mode};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "partial-term",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A term operator searches for a part of a word, which no value of the column has as a term.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/partial-term.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |column: &Expr, value: &Expr, operator: &str| {
        let Some((table, name)) = query.table_column(plain(column)) else { return };
        let (Some(known), Some(texts)) = (known_values(table, name), query.texts(value)) else { return };
        for text in texts.iter().filter(|text| !text.is_empty()) {
            let has = |mode| {
                let matcher = Matcher::new(&[text.as_str()], mode, Case::Insensitive);
                known.iter().copied().find(|value| matcher.is_match(value))
            };
            if let (None, Some(whole)) = (has(Mode::Has), has(Mode::Contains)) {
                let message = format!("'{operator}' does not find '{text}' in '{whole}', where it is not a term.");
                found.at(value.span, message).help("use 'contains' or 'startswith' for a part of a word");
            }
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) if text_operator(b.op).is_some_and(|(mode, ..)| mode == Mode::Has) => {
            look(&b.left, &b.right, b.op.text());
        }
        ExprKind::In(membership) if matches!(membership.op, InOp::HasAny | InOp::HasAll) => {
            membership.items.iter().for_each(|item| look(&membership.left, item, membership.op.text()));
        }
        _ => {}
    });
}
