//! mv-expand has no limit, so that an array can become any number of rows.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unlimited-mv-expand",
    level: Level::Off,
    topic: Topic::Cost,
    summary: "mv-expand has no limit, so that an array can become any number of rows.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unlimited-mv-expand.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        if let OperatorKind::MvExpand(expand) = &operator.kind
            && expand.limit.is_none()
        {
            found.at(operator.name_span, "An array can become any number of rows.").help("add 'limit N'");
        }
    });
}
