//! distinct follows a summarize whose groups are already distinct.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, named};
use kql_parser::ast::{Expr, ExprKind, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "distinct-groups",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "distinct follows a summarize whose groups are already distinct.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/distinct-groups.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        let mut groups: Option<Vec<&str>> = None;
        for operator in &pipeline.operators {
            match &operator.kind {
                OperatorKind::Summarize(summarize) => {
                    let names: Option<Vec<&str>> = summarize.by.iter().map(group_name).collect();
                    groups = names.filter(|names| !names.is_empty());
                }
                OperatorKind::Distinct(distinct) => {
                    let is_star = matches!(distinct.columns.as_slice(), [Expr { kind: ExprKind::Star, .. }]);
                    let names: Vec<&str> = distinct.columns.iter().filter_map(name_of).collect();
                    let plain_names = names.len() == distinct.columns.len();
                    if let Some(groups) = &groups
                        && plain_names
                        && !is_star
                        && groups.iter().all(|group| names.contains(group))
                    {
                        found
                            .at(operator.span, "The rows are already distinct: they are grouped by these columns.")
                            .help("use project")
                            .fix(vec![(operator.name_span, "project".to_owned())]);
                    }
                    return;
                }
                OperatorKind::Where(_) | OperatorKind::Sort(_) | OperatorKind::Take(_) | OperatorKind::Top(_) => {}
                _ => groups = None,
            }
        }
    });
}

fn group_name(e: &Expr) -> Option<&str> {
    match named(e) {
        (Some(name), _) => Some(&name.text),
        (None, value) => name_of(value),
    }
}
