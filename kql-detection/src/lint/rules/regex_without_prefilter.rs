//! A regular expression runs over all rows, although a text that it requires could be filtered first.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, arms, condition, name_of, plain};
use crate::lint::verdicts::text_operator;
use kql_parser::ast::{BinaryOp, Expr, ExprKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "regex-without-prefilter",
    level: Level::Note,
    topic: Topic::Cost,
    summary: "A regular expression runs over all rows, although a text that it requires could be filtered first.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/regex-without-prefilter.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        let mut filtered: Vec<String> = Vec::new();
        for operator in &pipeline.operators {
            let Some(condition) = condition(operator) else { continue };
            for arm in arms(condition, BinaryOp::And) {
                if let Some((column, text)) = unfiltered(query, arm, &filtered) {
                    found
                        .at(arm.span, format!("Every match has '{text}', so a filter with has leaves fewer rows to the regular expression."))
                        .help(format!("put 'where {column} has \"{text}\"' before it"));
                }
                filtered.extend(text_column(arm));
            }
        }
    });
}

/// The column of a regular expression that no text filter precedes, and a text of whole words that each match has.
fn unfiltered(query: &Query<'_>, arm: &Expr, filtered: &[String]) -> Option<(String, String)> {
    let ExprKind::Binary(b) = &arm.kind else { return None };
    if b.op != BinaryOp::MatchesRegex {
        return None;
    }
    let column = name_of(&b.left)?;
    if filtered.iter().any(|known| known == column) {
        return None;
    }
    let text = required(query.text_of(&b.right)?)?;
    Some((column.to_owned(), text))
}

/// The column that a comparison of texts filters.
fn text_column(arm: &Expr) -> Option<String> {
    match &arm.kind {
        ExprKind::Binary(b) if text_operator(b.op).is_some() => name_of(&b.left).map(str::to_owned),
        ExprKind::In(membership) => name_of(&membership.left).map(str::to_owned),
        ExprKind::Binary(b) if b.op == BinaryOp::Or => text_column(plain(&b.left)),
        _ => None,
    }
}

/// A text that each match has, and that stands between boundaries of terms within it.
fn required(pattern: &str) -> Option<String> {
    let expression = regex_syntax::parse(pattern).ok()?;
    let mut literals = Vec::new();
    collect(&expression, &mut literals);
    let texts = literals.into_iter().filter_map(|bytes| String::from_utf8(bytes).ok());
    // the edges of a piece may be inside a word: only what is between its own delimiters is a whole term
    let whole = texts.filter_map(|text| {
        let from = text.find(|c: char| !c.is_alphanumeric())?;
        let to = text.rfind(|c: char| !c.is_alphanumeric())?;
        let inner = text.get(from..to)?.trim_matches(|c: char| !c.is_alphanumeric());
        (inner.len() >= 4 && !inner.contains(['"', '\\'])).then(|| inner.to_owned())
    });
    whole.max_by_key(String::len)
}

fn collect(expression: &regex_syntax::hir::Hir, out: &mut Vec<Vec<u8>>) {
    use regex_syntax::hir::HirKind;
    match expression.kind() {
        HirKind::Literal(literal) => out.push(literal.0.to_vec()),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, out)),
        HirKind::Capture(capture) => collect(&capture.sub, out),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, out),
        _ => {}
    }
}
