//! A join reads a table of any time, although its left side is limited.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, arms, condition, plain};
use crate::lint::times::earliest;
use kql_parser::ast::{BinaryOp, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unfiltered-join",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "A join reads a table of any time, although its left side is limited.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unfiltered-join.md"),
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
    query.pipelines(|pipeline| {
        let mut is_limited = false;
        for operator in &pipeline.operators {
            if let Some(condition) = condition(operator) {
                is_limited |= arms(condition, BinaryOp::And).into_iter().any(|arm| earliest(query, arm).is_some());
            }
            let OperatorKind::Join(join) = &operator.kind else { continue };
            let right = plain(&join.right);
            let Some(table) = query.meaning.tables().iter().find(|table| table.span == right.span) else { continue };
            if is_limited && !SMALL.iter().any(|small| table.name.starts_with(small)) {
                let message =
                    format!("The left side is limited in time, but the join reads all rows of {}.", table.name);
                found.at(right.span, message).help("filter its time, too, and project the columns that are needed");
            }
        }
    });
}
