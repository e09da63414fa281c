//! A join or lookup reads a table without a filter.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::query::{Query, plain};
use crate::lint::rules::LintRule;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unfiltered-join",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "A join or lookup reads a table without a filter.",
    is_fixable: false,
    page: include_str!("../../../../docs/lint/unfiltered-join.md"),
    check,
};

/// Tables with a row for each thing, not for each event: small enough to be read whole.
const SMALL: [&str; 8] = [
    "DeviceInfo",
    "IdentityInfo",
    "DeviceTvm",
    "Heartbeat",
    "BehaviorAnalytics",
    "UserPeerAnalytics",
    "Watchlist",
    "AlertInfo",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        let OperatorKind::Join(join) = &operator.kind else { return };
        let right = plain(&join.right);
        let Some(table) = query.meaning.tables().iter().find(|table| table.span == right.span) else { return };
        if !SMALL.iter().any(|small| table.name.starts_with(small)) {
            found
                .at(right.span, format!("The join reads all rows and columns of {}.", table.name))
                .help("filter its time, and project the columns that are needed");
        }
    });
}
