//! An array is compared with a single value, which it never equals.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::made::Made;
use crate::lint::query::Query;
use kql_engine::ScalarType;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "array-compared",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "An array is compared with a single value, which it never equals.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/array-compared.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let made = query.made();
    let is_array = |e: &Expr| made.value(query, e) == Some(Made::Array);
    let is_single = |e: &Expr| {
        // a text can be the JSON of an array
        let is_json = query.text_of(e).is_some_and(|text| text.starts_with('['));
        !matches!(query.ty(e), ScalarType::Dynamic | ScalarType::Unknown) && !is_json
    };
    query.exprs(|e| {
        let (array, negated) = match &e.kind {
            ExprKind::Binary(b) => {
                let negated = match b.op {
                    BinaryOp::Equal | BinaryOp::EqualTilde => false,
                    BinaryOp::NotEqual | BinaryOp::BangTilde => true,
                    _ => return,
                };
                match (&b.left, &b.right) {
                    (array, single) | (single, array) if is_array(array) && is_single(single) => (array, negated),
                    _ => return,
                }
            }
            ExprKind::In(membership) => {
                let negated = match membership.op {
                    InOp::In | InOp::InCs => false,
                    InOp::NotIn | InOp::NotInCs => true,
                    InOp::HasAny | InOp::HasAll => return,
                };
                if !is_array(&membership.left) || !membership.items.iter().all(is_single) {
                    return;
                }
                (&membership.left, negated)
            }
            _ => return,
        };
        let always = if negated { "always true" } else { "never true" };
        let array = array.span.text(query.text);
        found
            .at(e.span, format!("'{array}' is an array, which no single value equals, so this is {always}."))
            .help("use set_has_element(), or expand the array with mv-expand");
    });
}
