//! search without tables reads every table.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::{Operator, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unscoped-search",
    level: Level::Warning,
    topic: Topic::Cost,
    summary: "search without tables reads every table.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unscoped-search.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let first = |operator: &Operator| {
        let mut starts = query.statements().iter().any(|statement| statement.span.start == operator.span.start);
        query.pipelines(|pipeline| {
            starts |= pipeline.source.is_none() && pipeline.operators.first().is_some_and(|o| o.span == operator.span);
        });
        starts
    };
    query.operators(|operator| {
        let name = match &operator.kind {
            OperatorKind::Search(search) if search.tables.is_none() => "search",
            OperatorKind::Find(find) if find.tables.is_none() => "find",
            _ => return,
        };
        if first(operator) {
            found
                .at(operator.name_span, format!("This {name} reads every table."))
                .help(format!("name the tables: '{name} in (Table1, Table2)'"));
        }
    });
}
