//! The same condition stands twice in a filter.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, chain, scalars};
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, StatementKind};
use std::collections::{HashMap, HashSet};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "duplicate-condition",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "The same condition stands twice in a filter.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/duplicate-condition.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let lets: Vec<&str> = query
        .statements()
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Let(l) => Some(l.name.text.as_str()),
            _ => None,
        })
        .collect();
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        if matches!(b.op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::EqualTilde | BinaryOp::BangTilde)
            && words(query, b.left.span) == words(query, b.right.span)
            && query.expr(&b.left).is_some_and(|left| left.column.is_some())
            // what a let is hidden by is the subject of another rule
            && !lets.contains(&b.left.span.text(query.text))
        {
            found.at(e.span, "Both sides are the same.").help("compare with another value");
        }
    });
    let mut inner: HashSet<Span> = HashSet::new();
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        if !matches!(b.op, BinaryOp::And | BinaryOp::Or) || !inner.insert(e.span) {
            return;
        }
        let mut seen: HashMap<Vec<&str>, Span> = HashMap::new();
        for part in chain(e, b.op, &mut inner) {
            let key = words(query, part.span);
            match seen.get(&key) {
                Some(first) => repeated(query, found, *first, part),
                None => {
                    seen.insert(key, part.span);
                }
            }
        }
    });
}

fn repeated(query: &Query<'_>, found: &mut Findings, first: Span, e: &Expr) {
    let mut random = false;
    scalars(e, |part| random |= matches!(&part.kind, ExprKind::Call(call) if call.name.text == "rand"));
    if random {
        return;
    }
    let finding = found.at(e.span, "This condition already stands in the same filter.");
    finding.label(first, "first here").help("remove it, or test what was meant");
    let before = query.tokens.iter().rev().find(|token| token.span.end <= e.span.start);
    if let Some(before) = before.filter(|token| matches!(token.span.text(query.text), "and" | "or")) {
        let cut = Span::new(before.span.start, e.span.end);
        if !cut.text(query.text).contains("//") {
            let start = query.text.get(..cut.start as usize).map_or(0, |text| text.trim_end().len());
            let line_before = query.text.get(start..cut.start as usize).unwrap_or("");
            let start = if line_before.contains("//") { cut.start } else { start as u32 };
            finding.fix(vec![(Span::new(start, cut.end), String::new())]);
        }
    }
}

/// The words of a part of the query.
fn words<'q>(query: &Query<'q>, span: Span) -> Vec<&'q str> {
    let within = query.tokens.iter().skip_while(|token| token.span.start < span.start);
    within.take_while(|token| token.span.end <= span.end).map(|token| token.span.text(query.text)).collect()
}
