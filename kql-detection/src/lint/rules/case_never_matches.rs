//! A text in lower case is compared with one that has capitals, or the other way round.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, call_of};
use crate::lint::verdicts::text_operator;
use kql_parser::ast::{Expr, ExprKind, InOp};
use kql_scan::text::{Case, Mode};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "case-never-matches",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "A text in lower case is compared with one that has capitals, or the other way round.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/case-never-matches.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) => {
            let Some((mode, Case::Sensitive, _)) = text_operator(b.op) else { return };
            let sides = if mode == Mode::Equals {
                vec![(&b.left, &b.right), (&b.right, &b.left)]
            } else {
                vec![(&b.left, &b.right)]
            };
            for (folded, constant) in sides {
                let Some((function, wrong)) = folding(folded) else { continue };
                if let Some(text) = query.text_of(constant).filter(|text| text.chars().any(wrong)) {
                    let message = format!("{function}() never returns '{text}', which has other letter case.");
                    found
                        .at(e.span, message)
                        .label(constant.span, "this text")
                        .help("use an operator that ignores case");
                }
            }
        }
        ExprKind::In(membership) if matches!(membership.op, InOp::InCs | InOp::NotInCs) => {
            let Some((function, wrong)) = folding(&membership.left) else { return };
            for item in &membership.items {
                let Some(texts) = query.texts(item) else { continue };
                if let Some(text) = texts.iter().find(|text| text.chars().any(wrong)) {
                    let message = format!("{function}() never returns '{text}', which has other letter case.");
                    found.at(item.span, message).help("use 'in~', which ignores case");
                }
            }
        }
        _ => {}
    });
}

/// A function, and the letters that it never returns.
type Folding = (&'static str, fn(char) -> bool);

/// The function that an expression changes letter case with, and the letters that it never returns.
fn folding(e: &Expr) -> Option<Folding> {
    let upper: fn(char) -> bool = |c| c.is_ascii_uppercase();
    let lower: fn(char) -> bool = |c| c.is_ascii_lowercase();
    match call_of(e, "tolower") {
        Some(_) => Some(("tolower", upper)),
        None => call_of(e, "toupper").map(|_| ("toupper", lower)),
    }
}
