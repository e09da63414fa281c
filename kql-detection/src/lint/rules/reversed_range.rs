//! The first value of a between is greater than the second.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_engine::value::Value;
use kql_parser::ast::ExprKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "reversed-range",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "The first value of a between is greater than the second.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/reversed-range.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let ExprKind::Between(between) = &e.kind else { return };
        let same_type = query.ty(&between.low) == query.ty(&between.high);
        let bounds = query.constant(&between.low).zip(query.constant(&between.high));
        let is_reversed = match bounds {
            Some((low, high)) => match (low.as_long(), high.as_long(), low, high) {
                (Some(low), Some(high), ..) => low > high,
                (_, _, Value::Real(low), Value::Real(high)) => low > high,
                _ => false,
            },
            None => false,
        };
        if same_type && is_reversed {
            let span = between.low.span.to(between.high.span);
            let value = if between.negated { "always" } else { "never" };
            found
                .at(span, format!("The first value is greater than the second, so this is {value} true."))
                .help("write the smaller value first");
        }
    });
}
