//! A text looks like a pattern, but the operator searches for it as it is.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use crate::lint::verdicts::text_operator;
use kql_parser::ast::{Expr, ExprKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "pattern-in-text",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A text looks like a pattern, but the operator searches for it as it is.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/pattern-in-text.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |e: &Expr, operator: &str| {
        let ExprKind::Literal(_) = &plain(e).kind else { return };
        let Some(text) = query.text_of(plain(e)) else { return };
        if let Some(what) = pattern(text) {
            found
                .at(e.span, format!("'{operator}' searches for this text as it is, with its {what}."))
                .help("remove the wildcard, or use 'matches regex'");
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(binary) if text_operator(binary.op).is_some() => {
            look(&binary.right, binary.op.text());
        }
        ExprKind::In(membership) => membership.items.iter().for_each(|item| look(item, membership.op.text())),
        _ => {}
    });
}

/// What makes a text look like a pattern.
fn pattern(text: &str) -> Option<&'static str> {
    let inner = |sign: char| text.strip_prefix(sign)?.strip_suffix(sign);
    let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() >= 3;
    if inner('*').is_some_and(|inner| words(inner) && !inner.contains('*')) {
        return Some("stars");
    }
    // '%TEMP%' is the name of a variable
    if inner('%').is_some_and(|inner| words(inner) && inner.contains(' ')) {
        return Some("percent signs");
    }
    let is_regex = [".*", ".+", "\\d", "\\w"].iter().any(|part| text.contains(part)) && words(text);
    // a command line can have a file pattern such as *.*
    let is_regex = is_regex && !text.contains("*.*") && !text.contains("\\\\");
    let signs = text.matches(".*").count() + text.matches(".+").count() + text.matches("\\d").count();
    (is_regex && signs > 1).then_some("signs of a regular expression")
}
