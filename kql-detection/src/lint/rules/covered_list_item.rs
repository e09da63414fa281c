//! An item of a list is covered by another one.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::lists::text_lists;
use crate::lint::query::Query;
use kql_parser::ast::InOp;
use kql_scan::text::{Case, Matcher, Mode};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "covered-list-item",
    level: Level::Note,
    topic: Topic::Style,
    summary: "An item of a list is covered by another one.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/covered-list-item.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for list in text_lists(query) {
        let all = match list.op {
            Some(InOp::HasAny) => false,
            Some(InOp::HasAll) => true,
            _ => continue,
        };
        // every pair is compared
        if list.items.len() > 500 {
            continue;
        }
        let matchers: Vec<Matcher> =
            list.items.iter().map(|(text, _)| Matcher::new(&[text], Mode::Has, Case::Insensitive)).collect();
        for (at, (text, span)) in list.items.iter().enumerate() {
            let other = list.items.iter().zip(&matchers).enumerate().find(|(other, ((needle, _), matcher))| {
                let is_other = *other != at && !needle.eq_ignore_ascii_case(text) && !needle.is_empty();
                let covers = if all {
                    matchers.get(at).is_some_and(|own| own.is_match(needle)) && !text.is_empty()
                } else {
                    matcher.is_match(text)
                };
                is_other && covers
            });
            if let Some((_, ((covering, place), _))) = other {
                let finding =
                    found.at(*span, format!("'{text}' changes nothing, because '{covering}' is in the list."));
                finding.label(*place, "this item");
                if let Some(edits) = list.without(query.text, &[at]) {
                    finding.fix(edits);
                }
            }
        }
    }
}
