//! Comparisons of one column are chained with or; a list says the same.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, chain, name_of, plain};
use kql_engine::ScalarType;
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind};
use std::collections::HashSet;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "or-chain",
    level: Level::Note,
    topic: Topic::Style,
    summary: "Comparisons of one column are chained with or; a list says the same.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/or-chain.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut inner: HashSet<Span> = HashSet::new();
    query.exprs(|e| {
        let ExprKind::Binary(top) = &e.kind else { return };
        if top.op != BinaryOp::Or || !inner.insert(e.span) {
            return;
        }
        let parts = chain(e, BinaryOp::Or, &mut inner);
        if let Some((list, column, items)) = as_list(query, &parts) {
            let finding = found.at(e.span, format!("This is a list: '{column} {list} (...)'."));
            finding.help(format!("use '{list}'"));
            if !e.span.text(query.text).contains("//") {
                finding.fix(vec![(e.span, format!("{column} {list} ({})", items.join(", ")))]);
            }
        }
    });
}

/// The operator with a list that says the same as the arms, the column, and the items.
fn as_list<'q>(query: &Query<'q>, arms: &[&Expr]) -> Option<(&'static str, String, Vec<&'q str>)> {
    let mut all: Option<(&'static str, String)> = None;
    let mut items = Vec::new();
    for arm in arms {
        let ExprKind::Binary(b) = &plain(arm).kind else { return None };
        let list = match b.op {
            BinaryOp::Equal => "in",
            BinaryOp::EqualTilde => "in~",
            BinaryOp::Has => "has_any",
            _ => return None,
        };
        let column = name_of(&b.left)?;
        let is_constant = matches!(plain(&b.right).kind, ExprKind::Literal(_)) && query.constant(&b.right).is_some();
        let same_type = query.ty(&b.left) == query.ty(&b.right)
            || query.ty(&b.left).is_integer() && query.ty(&b.right).is_integer();
        let is_text = query.ty(&b.left) == ScalarType::String;
        if !is_constant || !same_type || (list != "in" && !is_text) {
            return None;
        }
        match &all {
            Some((known, name)) if *known != list || name != column => return None,
            _ => all = Some((list, column.to_owned())),
        }
        items.push(b.right.span.text(query.text));
    }
    let (list, _) = all?;
    let ExprKind::Binary(first) = &plain(arms.first()?).kind else { return None };
    (items.len() >= 3).then(|| (list, first.left.span.text(query.text).to_owned(), items))
}
