//! A query reads a table of another cluster or workspace.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::ExprKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "cross-cluster",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "A query reads a table of another cluster or workspace.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/cross-cluster.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let ExprKind::Call(call) = &e.kind else { return };
        let name = call.name.text.as_str();
        if matches!(name, "cluster" | "workspace" | "adx" | "app") && !call.args.is_empty() {
            found
                .at(e.span, format!("{name}() reads data of another place."))
                .help("use a local table if there is one");
        }
    });
}
