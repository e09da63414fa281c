//! A let is never used.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_parser::Span;
use kql_parser::ast::{ExprKind, LetValue, OperatorKind, StatementKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unused-let",
    level: Level::Warning,
    topic: Topic::Style,
    summary: "A let is never used.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/unused-let.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let has_result = query.statements().iter().any(|statement| matches!(statement.kind, StatementKind::Expr(_)));
    for statement in query.statements().iter().filter(|_| has_result) {
        let StatementKind::Let(l) = &statement.kind else { continue };
        let is_view = matches!(&l.value, LetValue::Function(function) if function.view);
        if query.occurrences(&l.name.text) != 1 || is_view && reads_unnamed(query) {
            continue;
        }
        let finding = found.at(l.name.span, format!("'{}' is never used.", l.name.text));
        finding.help("remove it, or use it");
        let semicolon = query.tokens.iter().find(|token| token.span.start >= statement.span.end);
        let next = semicolon.filter(|token| token.span.text(query.text) == ";");
        if let Some(semicolon) = next {
            let rest = query.text.get(semicolon.span.end as usize..).unwrap_or("");
            let line = rest.find('\n').filter(|end| rest.get(..*end).is_some_and(|rest| rest.trim().is_empty()));
            let end = semicolon.span.end + line.map_or(0, |end| end as u32 + 1);
            finding.fix(vec![(Span::new(statement.span.start, end), String::new())]);
        }
    }
}

/// Whether the query reads tables without their names: views are among them.
fn reads_unnamed(query: &Query<'_>) -> bool {
    let mut found = false;
    query.operators(|operator| {
        found |= match &operator.kind {
            OperatorKind::Search(_) | OperatorKind::Find(_) => true,
            OperatorKind::Union(union) => {
                union.tables.iter().any(|table| matches!(plain(table).kind, ExprKind::Star | ExprKind::Wildcard(_)))
            }
            _ => false,
        };
    });
    found
}
