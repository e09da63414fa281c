//! A regular expression has no signs of one, so a text operator does the same.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_engine::ScalarType;
use kql_parser::ast::ExprKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "literal-regex",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "A regular expression has no signs of one, so a text operator does the same.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/literal-regex.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        let Some(pattern) = query.regex_of(b) else { return };
        let (rest, starts) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
        let (text, ends) = rest.strip_suffix('$').map_or((rest, false), |rest| (rest, true));
        if text.is_empty() || text.chars().any(|c| "\\.+*?()|[]{}^$#&-~".contains(c) && c != '-') {
            return;
        }
        let new = match (starts, ends) {
            (true, true) => "==",
            (true, false) => "startswith_cs",
            (false, true) => "endswith_cs",
            (false, false) => "contains_cs",
        };
        let finding =
            found.at(b.op_span.to(b.right.span), format!("'{new}' does the same as this regular expression."));
        finding.help(format!("use '{new}'"));
        if query.ty(&b.left) == ScalarType::String && !text.contains(['"', '\n', '\r']) {
            finding.fix(vec![(b.op_span, new.to_owned()), (b.right.span, format!("\"{text}\""))]);
        }
    });
}
