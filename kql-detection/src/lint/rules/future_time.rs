//! A filter asks for events of the future.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::lint::times::earliest;
use kql_parser::Span;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "future-time",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "A filter asks for events of the future.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/future-time.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let Some((time, span)) = earliest(query, e) else { return };
        // a query can be tested with a time of its own
        if time >= query.meaning.now && names_now(query, span) {
            found
                .at(e.span, "No event is that late: this asks for times from now on.")
                .help("use ago() with a positive time span");
        }
    });
}

/// Whether the bound is written with a function of the clock.
fn names_now(query: &Query<'_>, span: Span) -> bool {
    matches!(span.text(query.text).split('(').next().map(str::trim), Some("now" | "ago"))
}
