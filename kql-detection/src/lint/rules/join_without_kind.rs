//! A join without a kind keeps one row of each key of its left side.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, named, parameter, plain};
use kql_parser::ast::{Expr, ExprKind, LetValue, Operator, OperatorKind, Pipeline, StatementKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "join-without-kind",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A join without a kind keeps one row of each key of its left side.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/join-without-kind.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        for (place, operator) in pipeline.operators.iter().enumerate() {
            let OperatorKind::Join(join) = &operator.kind else { continue };
            let before = pipeline.operators.get(..place).unwrap_or_default();
            if parameter(&join.parameters, "kind").is_some() || is_unique(query, pipeline, before, &join.on) {
                continue;
            }
            found
                .at(operator.name_span, "Without a kind, the join keeps one row of each key of its left side.")
                .help("write 'join kind=inner' for all rows, or 'join kind=innerunique' if one is meant");
        }
    });
}

/// Whether the left side has one row for each key: it is grouped by columns that are all keys.
fn is_unique(query: &Query<'_>, pipeline: &Pipeline, before: &[Operator], on: &[Expr]) -> bool {
    let keys: Vec<&str> = on.iter().filter_map(left_key).collect();
    for operator in before.iter().rev() {
        let groups: Vec<&str> = match &operator.kind {
            OperatorKind::Summarize(summarize) => summarize.by.iter().filter_map(group_name).collect(),
            OperatorKind::Distinct(distinct) => distinct.columns.iter().filter_map(group_name).collect(),
            OperatorKind::Where(_) | OperatorKind::Extend(_) | OperatorKind::Sort(_) | OperatorKind::Top(_) => continue,
            OperatorKind::Project(_) | OperatorKind::ProjectAway(_) | OperatorKind::ProjectReorder(_) => continue,
            OperatorKind::Take(_) => continue,
            _ => return false,
        };
        let all = match &operator.kind {
            OperatorKind::Summarize(summarize) => groups.len() == summarize.by.len(),
            OperatorKind::Distinct(distinct) => groups.len() == distinct.columns.len(),
            _ => false,
        };
        return all && groups.iter().all(|group| keys.contains(group));
    }
    // a name of a let: its pipeline decides
    let source = pipeline.source.as_ref().and_then(name_of);
    let named = source.and_then(|name| {
        query.statements().iter().find_map(|statement| match &statement.kind {
            StatementKind::Let(l) if l.name.text == name => match &l.value {
                LetValue::Expr(e) => match &plain(e).kind {
                    ExprKind::Pipeline(pipeline) => Some(&**pipeline),
                    _ => None,
                },
                LetValue::Function(_) => None,
            },
            _ => None,
        })
    });
    named.is_some_and(|named| !std::ptr::eq(named, pipeline) && is_unique(query, named, &named.operators, on))
}

fn left_key(e: &Expr) -> Option<&str> {
    match &plain(e).kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Binary(b) => [&b.left, &b.right].into_iter().find_map(|side| match &plain(side).kind {
            ExprKind::Path(base, name) if name_of(base) == Some("$left") => Some(name.text.as_str()),
            _ => None,
        }),
        _ => None,
    }
}

fn group_name(e: &Expr) -> Option<&str> {
    match named(e) {
        (Some(name), _) => Some(&name.text),
        (None, value) => name_of(value),
    }
}
