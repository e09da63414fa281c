//! A rule runs less often than its period is long, so that events are never seen.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::lint::times::duration;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "frequency-exceeds-period",
    level: Level::Warning,
    topic: Topic::Deployment,
    summary: "A rule runs less often than its period is long, so that events are never seen.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/frequency-exceeds-period.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let (Some(period), Some(frequency)) = (&query.rule.period, &query.rule.frequency) else { return };
    if query.rule.kind == RuleKind::Scheduled && frequency.value > period.value {
        let message = format!(
            "The rule runs every {}, but each run sees only {}: events between are in no run.",
            duration(frequency.value),
            duration(period.value)
        );
        found.in_file(frequency.place, message).help("make queryPeriod at least as long as queryFrequency");
    }
}
