//! A list has the same item twice.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::lists::text_lists;
use crate::lint::query::Query;
use kql_parser::ast::InOp;
use std::collections::HashMap;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "duplicate-list-item",
    level: Level::Warning,
    topic: Topic::Style,
    summary: "A list has the same item twice.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/duplicate-list-item.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    for list in text_lists(query) {
        let any_case = !matches!(list.op, None | Some(InOp::InCs | InOp::NotInCs));
        let mut first: HashMap<String, usize> = HashMap::new();
        let mut repeated = Vec::new();
        for (at, (text, _)) in list.items.iter().enumerate() {
            let key = if any_case { text.to_lowercase() } else { text.clone() };
            match first.get(&key) {
                Some(earlier) => repeated.push((*earlier, at)),
                None => {
                    first.insert(key, at);
                }
            }
        }
        let fix = list.without(query.text, &repeated.iter().map(|(_, at)| *at).collect::<Vec<_>>());
        for (number, (earlier, at)) in repeated.iter().enumerate() {
            let (Some((text, span)), Some((_, other))) = (list.items.get(*at), list.items.get(*earlier)) else {
                continue;
            };
            let finding = found.at(*span, format!("The list has '{text}' twice."));
            finding.label(*other, "first here").help("remove one of the two");
            if let Some(edits) = &fix
                && let Some(edit) = edits.get(number)
            {
                finding.fix(vec![edit.clone()]);
            }
        }
    }
}
