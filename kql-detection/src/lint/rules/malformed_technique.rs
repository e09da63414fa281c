//! The id of a technique does not have the form of ATT&CK.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "malformed-technique",
    level: Level::Warning,
    topic: Topic::Deployment,
    summary: "The id of a technique does not have the form of ATT&CK.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/malformed-technique.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for technique in &query.rule.techniques {
        if is_technique(&technique.value) {
            continue;
        }
        let finding = found.in_file(technique.place, format!("'{}' is not the id of a technique.", technique.value));
        match mended(&technique.value) {
            Some(right) => finding.help(format!("did you mean '{right}'?")),
            None => finding.help("write it as T1070 or T1070.008"),
        };
    }
}

/// Whether a text has the form of an id.
pub fn is_technique(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('T') else { return false };
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    match rest.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}

/// The id that is probably meant.
fn mended(text: &str) -> Option<String> {
    let rest = text.trim().trim_start_matches(['t', 'T']);
    let (technique, sub) = match rest.split_once(['.', '/']) {
        Some((technique, sub)) => (technique, Some(sub.parse::<u16>().ok()?)),
        None => (rest, None),
    };
    let right = match sub {
        Some(sub) => format!("T{technique}.{sub:03}"),
        None => format!("T{technique}"),
    };
    is_technique(&right).then_some(right)
}
