//! A union has the same table twice, so its rows are counted twice.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::Span;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "duplicate-union-leg",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A union has the same table twice, so its rows are counted twice.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/duplicate-union-leg.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        let OperatorKind::Union(union) = &operator.kind else { return };
        let mut seen: Vec<(String, Span)> = Vec::new();
        for table in &union.tables {
            let tokens =
                query.tokens.iter().filter(|t| t.span.start >= table.span.start && t.span.end <= table.span.end);
            let words: Vec<&str> = tokens.map(|token| token.span.text(query.text)).collect();
            let key = words.join(" ");
            match seen.iter().find(|(known, _)| *known == key) {
                Some((_, first)) => {
                    found
                        .at(table.span, "The union already has this table, so its rows come twice.")
                        .label(*first, "first here")
                        .help("remove it, or name the table that was meant");
                }
                None => seen.push((key, table.span)),
            }
        }
    });
}
