//! contains is used for a text of several whole words, which has finds through the index.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_engine::ScalarType;
use kql_parser::ast::{BinaryOp, ExprKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "contains-for-has",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "contains is used for a text of several whole words, which has finds through the index.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/contains-for-has.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        let new = match b.op {
            BinaryOp::Contains => "has",
            BinaryOp::ContainsCs => "has_cs",
            BinaryOp::NotContains => "!has",
            BinaryOp::NotContainsCs => "!has_cs",
            _ => return,
        };
        // a computed text has no index
        if query.table_column(&b.left).is_none() || query.ty(&b.left) != ScalarType::String {
            return;
        }
        let Some(text) = query.text_of(&b.right) else { return };
        let terms: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        if terms.len() > 1 && terms.iter().all(|term| term.len() >= 3) {
            let message =
                format!("'{}' reads every text; '{new}' finds the terms of '{text}' through the index.", b.op.text());
            found.at(b.op_span, message).help(format!("use '{new}' unless parts of words are meant"));
        }
    });
}
