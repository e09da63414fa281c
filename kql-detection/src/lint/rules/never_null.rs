//! isempty() or isnull() is used on an array or a count, which it says nothing about.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::made::Made;
use crate::lint::query::{Query, parameter};
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "never-null",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "isempty() or isnull() is used on an array or a count, which is not null even if it is empty or 0.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/never-null.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let made = query.made();
    // rows that only the right side has are null in the columns of the left one
    let mut is_outer = false;
    query.operators(|operator| {
        if let OperatorKind::Join(join) = &operator.kind {
            is_outer |= matches!(parameter(&join.parameters, "kind"), Some("rightouter" | "fullouter"));
        }
    });
    if is_outer {
        return;
    }
    query.calls(|call, span| {
        let name = call.name.text.as_str();
        let (value, instead) = match name {
            "isempty" | "isnull" => ("false", "=="),
            "isnotempty" | "notempty" | "isnotnull" | "notnull" => ("true", ">"),
            _ => return,
        };
        let Some(argument) = call.args.first() else { return };
        let text = argument.span.text(query.text);
        match made.value(query, argument) {
            Some(Made::Array) => {
                found
                    .at(span, format!("'{text}' is an array: {name}() does not say whether it has elements."))
                    .help(format!("use array_length() {instead} 0"));
            }
            Some(Made::Count) => {
                found
                    .at(span, format!("'{text}' is a count, which is never null, so this is always {value}."))
                    .help(format!("compare it: {instead} 0"));
            }
            Some(Made::Extract) | None => {}
        }
    });
}
