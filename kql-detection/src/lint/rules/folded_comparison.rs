//! tolower() or toupper() is used to compare without letter case.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, call_of, plain};
use kql_engine::ScalarType;
use kql_parser::ast::{BinaryOp, Call, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "folded-comparison",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "tolower() or toupper() is used to compare without letter case.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/folded-comparison.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) => {
            let Some(new) = any_case(b.op) else { return };
            let Some((call, is_fit)) = folded(&b.left) else { return };
            let Some(text) = query.text_of(&b.right).filter(|text| is_fit(text)) else { return };
            let Some(argument) = argument(query, call) else { return };
            let finding =
                found.at(b.left.span.to(b.op_span), format!("'{new}' ignores letter case without a function."));
            finding.help(format!("use '{new}'"));
            if text.is_ascii() {
                let mut edits = vec![(plain(&b.left).span, argument.span.text(query.text).to_owned())];
                if b.op.text() != new {
                    edits.push((b.op_span, new.to_owned()));
                }
                finding.fix(edits);
            }
        }
        ExprKind::In(membership) => {
            let new = match membership.op {
                InOp::InCs | InOp::In => "in~",
                InOp::NotInCs | InOp::NotIn => "!in~",
                InOp::HasAny => "has_any",
                InOp::HasAll => "has_all",
            };
            let Some((call, is_fit)) = folded(&membership.left) else { return };
            let Some(texts) = query.all_texts(&membership.items) else { return };
            let Some(argument) = argument(query, call) else { return };
            // what never matches is the subject of another rule
            if membership.op != InOp::HasAny && membership.op != InOp::HasAll && !texts.iter().all(|text| is_fit(text))
            {
                return;
            }
            let span = membership.left.span.to(membership.op_span);
            let finding = found.at(span, format!("'{new}' ignores letter case without a function."));
            finding.help(format!("use '{new}'"));
            if texts.iter().all(|text| text.is_ascii()) {
                let mut edits = vec![(plain(&membership.left).span, argument.span.text(query.text).to_owned())];
                if membership.op_span.text(query.text) != new {
                    edits.push((membership.op_span, new.to_owned()));
                }
                finding.fix(edits);
            }
        }
        _ => {}
    });
}

/// The argument of the call, if it is a string: another type is converted by the call.
fn argument<'e>(query: &Query<'_>, call: &'e Call) -> Option<&'e Expr> {
    call.args.first().filter(|argument| query.ty(argument) == ScalarType::String)
}

/// Whether a function that changes letter case can return a text.
type Fits = fn(&str) -> bool;

/// A call that changes letter case, and the texts that it can return.
fn folded(e: &Expr) -> Option<(&Call, Fits)> {
    let no_upper: fn(&str) -> bool = |text| !text.chars().any(char::is_uppercase);
    let no_lower: fn(&str) -> bool = |text| !text.chars().any(char::is_lowercase);
    match call_of(e, "tolower") {
        Some(call) => Some((call, no_upper)),
        None => call_of(e, "toupper").map(|call| (call, no_lower)),
    }
}

/// The operator that compares in the same way and ignores letter case.
fn any_case(op: BinaryOp) -> Option<&'static str> {
    use BinaryOp::*;
    Some(match op {
        Equal | EqualTilde => "=~",
        NotEqual | BangTilde => "!~",
        Has | HasCs => "has",
        NotHas | NotHasCs => "!has",
        Contains | ContainsCs => "contains",
        NotContains | NotContainsCs => "!contains",
        StartsWith | StartsWithCs => "startswith",
        NotStartsWith | NotStartsWithCs => "!startswith",
        EndsWith | EndsWithCs => "endswith",
        NotEndsWith | NotEndsWithCs => "!endswith",
        _ => return None,
    })
}
