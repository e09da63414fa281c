//! The query looks further back than the period of its rule.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::lint::times::{duration, earliest};
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "lookback-exceeds-period",
    level: Level::Warning,
    topic: Topic::Deployment,
    summary: "The query looks further back than the period of its rule.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/lookback-exceeds-period.md"),
    check,
};

/// Ticks of a day and of an hour.
const DAY: i64 = 864_000_000_000;
const HOUR: i64 = DAY / 24;

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.kind != RuleKind::Scheduled {
        return;
    }
    let Some(period) = &query.rule.period else { return };
    query.exprs(|e| {
        let Some((time, span)) = earliest(query, e) else { return };
        let reaches = query.meaning.now.saturating_sub(time);
        let exceeds = reaches.saturating_sub(period.value);
        // what starts at the beginning of a day or an hour reaches back a little further on purpose
        let is_rounded = [DAY, HOUR].iter().any(|unit| time % unit == 0 && exceeds < *unit);
        let is_written = span.text(query.text).contains("datetime(");
        if exceeds > 0 && !is_rounded && !is_written {
            let message = format!(
                "This looks back {}, but the rule sees only the {} of its period.",
                duration(reaches),
                duration(period.value)
            );
            found.at(span, message).help("make queryPeriod as long, or look back less");
        }
    });
}
