//! A column is computed, and neither used nor returned.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, named};
use kql_parser::ast::{ExprKind, OperatorKind, StatementKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unused-column",
    level: Level::Note,
    topic: Topic::Style,
    summary: "A column is computed, and neither used nor returned.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unused-column.md"),
    check,
};

/// Functions and operators that see columns without naming them.
const SEE_ALL: [&str; 10] = [
    "pack_all",
    "pack",
    "bag_pack",
    "evaluate",
    "invoke",
    "search",
    "find",
    "column_ifexists",
    "columnifexists",
    "getschema",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    let Some(columns) = query.columns() else { return };
    let results = query.statements().iter().filter(|s| matches!(s.kind, StatementKind::Expr(_))).count();
    let mut sees_all = results != 1 || query.tokens.iter().any(|t| SEE_ALL.contains(&t.span.text(query.text)));
    query.exprs(|e| sees_all |= matches!(e.kind, ExprKind::Star | ExprKind::Wildcard(_)));
    // a star in arg_max() and a wildcard of project-away name columns, too
    sees_all |= query.tokens.iter().any(|token| token.span.text(query.text) == "*");
    if sees_all {
        return;
    }
    query.operators(|operator| {
        let OperatorKind::Extend(list) = &operator.kind else { return };
        for e in list {
            let Some(name) = named(e).0 else { continue };
            if query.occurrences(&name.text) == 1 && columns.iter().all(|column| column.name != name.text) {
                found
                    .at(name.span, format!("'{}' is neither used nor returned.", name.text))
                    .help("remove it, or use it");
            }
        }
    });
}
