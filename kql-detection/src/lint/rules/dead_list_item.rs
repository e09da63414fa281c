//! An item of a list can never match, because another condition excludes it.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::lint::verdicts::verdicts;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "dead-list-item",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "An item of a list can never match, because another condition excludes it.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/dead-list-item.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for dead in &verdicts(query).dead {
        let mut shown: Vec<String> = dead.items.iter().take(3).map(|item| format!("'{item}'")).collect();
        if dead.items.len() > 3 {
            shown.push(format!("{} more", dead.items.len() - 3));
        }
        let message =
            format!("These values never match, because another condition excludes them: {}.", shown.join(", "));
        found
            .at(dead.at, message)
            .label(dead.excluded_by, "this condition")
            .help("remove them, or the other condition");
    }
}
