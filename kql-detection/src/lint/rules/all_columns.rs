//! A query returns all columns of its table.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::{Operator, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "all-columns",
    level: Level::Off,
    topic: Topic::Cost,
    summary: "A query returns all columns of its table.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/all-columns.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let Some(result) = query.result() else { return };
    let keeps = |operator: &Operator| {
        use OperatorKind as K;
        matches!(operator.kind, K::Where(_) | K::Extend(_) | K::Sort(_) | K::Take(_) | K::Top(_) | K::Sample(_))
    };
    let is_table =
        result.source.as_ref().and_then(|source| query.meaning.tables().iter().find(|table| table.span == source.span));
    if let Some(table) = is_table.filter(|_| result.operators.iter().all(keeps)) {
        found
            .at(table.span, format!("The query returns all columns of {}.", table.name))
            .help("end with a project of the columns that are needed");
    }
}
