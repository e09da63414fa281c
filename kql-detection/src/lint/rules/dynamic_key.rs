//! A join compares dynamic values.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, plain};
use kql_engine::ScalarType;
use kql_parser::ast::OperatorKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "dynamic-key",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A join compares dynamic values, which must be converted first.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/dynamic-key.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.operators(|operator| {
        let (OperatorKind::Join(join) | OperatorKind::Lookup(join)) = &operator.kind else { return };
        for key in &join.on {
            let Some(name) = name_of(key).filter(|_| query.ty(plain(key)) == ScalarType::Dynamic) else { continue };
            found
                .at(
                    key.span,
                    format!("The key '{name}' is dynamic; Kusto requires that such keys are converted first."),
                )
                .help(format!("convert it on both sides first: extend {name} = tostring({name})"));
        }
    });
}
