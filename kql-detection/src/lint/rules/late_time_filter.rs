//! The time of a table is filtered only after an expensive step.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, arms};
use crate::lint::times::earliest;
use kql_parser::ast::{BinaryOp, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "late-time-filter",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "The time of a table is filtered only after an expensive step.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/late-time-filter.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        let mut expensive = None;
        for operator in &pipeline.operators {
            match &operator.kind {
                OperatorKind::Where(condition) => {
                    let filter = arms(condition, BinaryOp::And).into_iter().find(|arm| earliest(query, arm).is_some());
                    match (filter, expensive) {
                        (Some(filter), Some((span, name))) => {
                            found
                                .at(filter.span, format!("The time is filtered after {name}, which works on all rows."))
                                .label(span, "this step")
                                .help("put the filter before it");
                            return;
                        }
                        (Some(_), None) => return,
                        _ => {}
                    }
                }
                OperatorKind::Join(_) => expensive = expensive.or(Some((operator.name_span, "a join"))),
                OperatorKind::MvExpand(_) | OperatorKind::MvApply(_) => {
                    expensive = expensive.or(Some((operator.name_span, "an expansion")));
                }
                OperatorKind::Extend(_)
                | OperatorKind::Project(_)
                | OperatorKind::ProjectAway(_)
                | OperatorKind::ProjectReorder(_)
                | OperatorKind::ProjectRename(_)
                | OperatorKind::Parse(_)
                | OperatorKind::Lookup(_) => {}
                _ => return,
            }
        }
    });
}
