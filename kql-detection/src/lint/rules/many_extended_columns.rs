//! One extend computes many columns.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, named};
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "many-extended-columns",
    level: Level::Off,
    topic: Topic::Cost,
    summary: "One extend computes many columns.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/many-extended-columns.md"),
    check,
};

/// How many columns are many.
const MANY: usize = 6;

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        let OperatorKind::Extend(columns) = &operator.kind else { return };
        let computed =
            columns.iter().filter(|column| matches!(named(column), (Some(_), value) if name_of(value).is_none()));
        let computed = computed.count();
        if computed >= MANY {
            found
                .at(operator.name_span, format!("This step computes {computed} columns for each row."))
                .help("filter first, and compute what the result needs");
        }
    });
}
