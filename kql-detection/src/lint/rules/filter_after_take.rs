//! Rows are filtered or counted after take has kept any of them.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "filter-after-take",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "Rows are filtered or counted after take has kept any of them.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/filter-after-take.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        let (mut is_ordered, mut taken) = (false, None);
        for operator in &pipeline.operators {
            match &operator.kind {
                OperatorKind::Sort(_) | OperatorKind::Top(_) | OperatorKind::Serialize(_) => is_ordered = true,
                OperatorKind::Take(_) if !is_ordered => taken = Some(operator.span),
                OperatorKind::Where(_)
                | OperatorKind::Summarize(_)
                | OperatorKind::Join(_)
                | OperatorKind::Distinct(_) => {
                    if let Some(span) = taken {
                        let step = operator.name_span.text(query.text);
                        found
                            .at(span, format!("This keeps any rows, and the following {step} sees only those."))
                            .label(operator.name_span, "this step")
                            .help("put it at the end, or sort before it");
                        return;
                    }
                    is_ordered &= matches!(operator.kind, OperatorKind::Where(_));
                }
                _ => {}
            }
        }
    });
}
