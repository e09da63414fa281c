//! case() has the same condition twice, so the second one is never reached.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::Span;
use std::collections::HashMap;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "duplicate-case",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "case() has the same condition twice, so the second one is never reached.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/duplicate-case.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.calls(|call, _| {
        if call.name.text != "case" {
            return;
        }
        // the last argument is the value if no condition is true
        let pairs = call.args.chunks_exact(2).filter_map(|pair| pair.first());
        let mut seen: HashMap<Vec<&str>, Span> = HashMap::new();
        for condition in pairs {
            let within = query.tokens.iter().skip_while(|token| token.span.start < condition.span.start);
            let within = within.take_while(|token| token.span.end <= condition.span.end);
            let words: Vec<&str> = within.map(|token| token.span.text(query.text)).collect();
            match seen.get(&words) {
                Some(first) => {
                    found
                        .at(condition.span, "The condition is there already, so this one is never reached.")
                        .label(*first, "first here")
                        .help("remove it, or test what was meant");
                }
                None => {
                    seen.insert(words, condition.span);
                }
            }
        }
    });
}
