//! A custom detection of Defender does not return the columns that it needs.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "required-columns",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "A custom detection of Defender does not return the columns that it needs.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/required-columns.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let Some(columns) = query.columns().filter(|_| query.rule.kind == RuleKind::Defender) else { return };
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let mut missing = Vec::new();
    if !has("Timestamp") && !has("TimeGenerated") {
        missing.push("Timestamp");
    }
    let reads_devices = query.meaning.tables().iter().any(|table| table.name.starts_with("Device"));
    if reads_devices && !has("ReportId") {
        missing.push("ReportId");
    }
    if !missing.is_empty() {
        let list = missing.join(" and ");
        found
            .whole(format!("The result does not have {list}, which a custom detection needs."))
            .help("add them to the result");
    }
}
