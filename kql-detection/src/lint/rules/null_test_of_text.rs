//! isnull() or isnotnull() is used on a string, which is never null.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_engine::ScalarType;
use kql_parser::ast::ExprKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "null-test-of-text",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "isnull() or isnotnull() is used on a string, which is never null.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/null-test-of-text.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.calls(|call, span| {
        let (value, instead) = match call.name.text.as_str() {
            "isnull" => ("false", "isempty"),
            "isnotnull" | "notnull" => ("true", "isnotempty"),
            _ => return,
        };
        let Some(argument) = call.args.first() else { return };
        if query.ty(argument) == ScalarType::String && !matches!(argument.kind, ExprKind::Literal(_)) {
            found
                .at(span, format!("A string is never null, so this is always {value}."))
                .help(format!("use {instead}()"));
        }
    });
}
