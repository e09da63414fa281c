//! Rows are sorted, and the next step does not keep the order.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::Span;
use kql_parser::ast::{Expr, ExprKind, Operator, OperatorKind, Visit, visit_expr};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "lost-order",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "Rows are sorted, and the next step does not keep the order.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/lost-order.md"),
    check,
};

/// Aggregates whose result depends on the order of the rows, or on which row comes first.
const ORDERED: [&str; 13] = [
    "make_list",
    "make_list_if",
    "make_list_with_nulls",
    "makelist",
    "take_any",
    "any",
    "take_anyif",
    "anyif",
    "make_set",
    "makeset",
    "make_set_if",
    "make_bag",
    "make_bag_if",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        for (place, operator) in pipeline.operators.iter().enumerate() {
            if !matches!(operator.kind, OperatorKind::Sort(_)) {
                continue;
            }
            let after = pipeline.operators.get(place + 1..).unwrap_or_default();
            let Some(loses) = next(after) else { continue };
            let finding = found
                .at(operator.span, format!("The order is lost in the following {}.", loses.name_span.text(query.text)));
            finding.label(loses.name_span, "this step").help("remove the sort, or put it at the end");
            let before = query.tokens.iter().rev().find(|token| token.span.end <= operator.span.start);
            // of rows that the second sort finds equal, the first one can decide which come first
            let is_sort = matches!(loses.kind, OperatorKind::Sort(_));
            if let Some(pipe) = before.filter(|token| !is_sort && token.span.text(query.text) == "|") {
                let next = query.tokens.iter().find(|token| token.span.start >= operator.span.end);
                let end = next.map_or(operator.span.end, |token| token.span.start);
                let cut = Span::new(pipe.span.start, end);
                if !cut.text(query.text).contains("//") {
                    finding.fix(vec![(cut, String::new())]);
                }
            }
        }
    });
}

/// The step that loses the order, if nothing before it observes it.
fn next(after: &[Operator]) -> Option<&Operator> {
    for operator in after {
        let mut observes = false;
        struct Calls<'f>(&'f mut bool);
        impl Visit for Calls<'_> {
            fn enter_expr(&mut self, e: &Expr) -> bool {
                if let ExprKind::Call(call) = &e.kind {
                    let name = call.name.text.as_str();
                    *self.0 |= ORDERED.contains(&name)
                        || name.starts_with("row_")
                        || matches!(name, "prev" | "next" | "arg_max" | "arg_min");
                }
                true
            }
        }
        match &operator.kind {
            OperatorKind::Summarize(summarize) => {
                summarize.aggregates.iter().chain(&summarize.by).for_each(|e| visit_expr(&mut Calls(&mut observes), e));
                return if observes { None } else { Some(operator) };
            }
            OperatorKind::Count(_) | OperatorKind::Sort(_) | OperatorKind::Distinct(_) => return Some(operator),
            OperatorKind::Where(e) => visit_expr(&mut Calls(&mut observes), e),
            OperatorKind::Extend(list) | OperatorKind::Project(list) => {
                list.iter().for_each(|e| visit_expr(&mut Calls(&mut observes), e));
            }
            OperatorKind::ProjectAway(_) | OperatorKind::ProjectReorder(_) => {}
            _ => return None,
        }
        if observes {
            return None;
        }
    }
    None
}
