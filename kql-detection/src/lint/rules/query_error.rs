//! The query does not parse, or names something that does not exist.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::StatementKind;
use kql_parser::codes;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "query-error",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "The query does not parse, or names something that does not exist.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/query-error.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    // a file that only defines functions is not meant to return anything
    let defines = query.statements().iter().all(|statement| matches!(statement.kind, StatementKind::Let(_)));
    for diagnostic in query.meaning.checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
        if defines && diagnostic.code == codes::EMPTY_QUERY {
            continue;
        }
        let finding = found.at(diagnostic.span, format!("{} ({})", diagnostic.message, diagnostic.code.as_str()));
        if let Some(help) = &diagnostic.help {
            finding.help(help.clone());
        }
        for label in &diagnostic.labels {
            finding.label(label.span, label.text.clone());
        }
    }
}
