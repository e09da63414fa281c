//! union with a wildcard reads every table whose name fits.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_parser::ast::{ExprKind, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "wildcard-union",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "union with a wildcard reads every table whose name fits.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/wildcard-union.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        let OperatorKind::Union(union) = &operator.kind else { return };
        for table in &union.tables {
            if matches!(plain(table).kind, ExprKind::Star | ExprKind::Wildcard(_)) {
                let name = table.span.text(query.text);
                found.at(table.span, format!("This reads every table that fits '{name}'.")).help("name the tables");
            }
        }
    });
}
