//! A query without a schedule reads a table without a filter of its time.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, condition};
use crate::lint::times::{TIME_COLUMNS, names_time};
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "no-time-filter",
    level: Level::Off,
    topic: Topic::Cost,
    summary: "A query without a schedule reads a table without a filter of its time.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/no-time-filter.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.period.is_some() || !matches!(query.rule.kind, RuleKind::Query | RuleKind::Hunting) {
        return;
    }
    // one time in any condition is enough: which table it filters can depend on joins and functions
    let mut filters = query.tokens.iter().any(|token| matches!(token.span.text(query.text), "ago" | "now"));
    query.operators(|operator| filters |= condition(operator).is_some_and(|e| names_time(query, e)));
    let mut tables = query.meaning.tables().iter();
    let timed = tables.find(|table| {
        let mut has_time = false;
        query.pipelines(|pipeline| {
            let is_source = pipeline.source.as_ref().is_some_and(|source| source.span == table.span);
            let input = pipeline.operators.first().and_then(|first| query.meaning.operator(first.span));
            has_time |=
                is_source && input.is_some_and(|m| m.input.iter().any(|c| TIME_COLUMNS.contains(&c.name.as_str())));
        });
        has_time
    });
    if let Some(table) = timed.filter(|_| !filters) {
        found
            .at(table.span, format!("The query reads all of {}, whatever its time.", table.name))
            .help("filter its time first, for example with '> ago(7d)'");
    }
}
