//! A dot before a file extension or domain in a regular expression matches any character.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::ast::ExprKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unescaped-dot",
    level: Level::Note,
    topic: Topic::Correctness,
    summary: "A dot before a file extension or domain in a regular expression matches any character.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unescaped-dot.md"),
    check,
};

/// Endings that show that a dot is meant as a dot.
const ENDINGS: [&str; 16] =
    ["exe", "dll", "com", "net", "org", "ps1", "bat", "cmd", "vbs", "txt", "zip", "php", "aspx", "hta", "lnk", "jar"];

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| {
        let ExprKind::Binary(b) = &e.kind else { return };
        let Some(pattern) = query.regex_of(b) else { return };
        if let Some(ending) = unescaped(pattern) {
            found
                .at(b.right.span, format!("The dot in '.{ending}' matches any character."))
                .help(format!("write '\\.{ending}' for a dot"));
        }
    });
}

fn unescaped(pattern: &str) -> Option<&'static str> {
    let bytes = pattern.as_bytes();
    for (at, _) in pattern.match_indices('.') {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        if !before.is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        // '\\w.exe' ends with a class
        if at.checked_sub(2).and_then(|i| bytes.get(i)) == Some(&b'\\') {
            continue;
        }
        let rest = pattern.get(at + 1..)?;
        let ends = |ending: &&&str| {
            rest.strip_prefix(**ending)
                .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '.'))
        };
        if let Some(ending) = ENDINGS.iter().find(ends) {
            return Some(*ending);
        }
    }
    None
}
