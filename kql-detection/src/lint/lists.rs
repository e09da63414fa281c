//! Lists of constants, with the place of each item.

use super::query::{Query, plain};
use crate::mutants::list_items;
use kql_engine::ScalarType;
use kql_parser::Span;
use kql_parser::ast::{Dynamic, Expr, ExprKind, InOp, Literal};
use std::collections::HashMap;

/// A list of constant texts that is written in the query.
#[derive(Clone, Debug)]
pub struct TextList {
    /// How the query compares with it, if all uses compare in the same way.
    pub op: Option<InOp>,
    /// Whether the query does nothing else with it.
    pub is_only_compared: bool,
    /// Its items.
    pub items: Vec<(String, Span)>,
}

/// The lists of a query: those after `in` and `has_any`, and the arrays that `let` names.
pub fn text_lists(query: &Query<'_>) -> Vec<TextList> {
    let mut uses: HashMap<String, Vec<Option<InOp>>> = HashMap::new();
    let mut lists = Vec::new();
    query.exprs(|e| {
        if let ExprKind::In(membership) = &e.kind {
            if let [only] = membership.items.as_slice() {
                if let ExprKind::Name(name) = &plain(only).kind {
                    uses.entry(name.text.clone()).or_default().push(Some(membership.op));
                }
                lists.extend(array(query, only).map(|items| TextList::of(membership.op, items)));
            }
            let texts: Option<Vec<(String, Span)>> =
                membership.items.iter().map(|item| Some((literal(query, item)?, item.span))).collect();
            if let Some(items) = texts {
                lists.push(TextList::of(membership.op, items));
            }
        }
    });
    for statement in query.statements() {
        if let kql_parser::ast::StatementKind::Let(l) = &statement.kind
            && let kql_parser::ast::LetValue::Expr(value) = &l.value
            && let Some(items) = array(query, value)
        {
            let used = uses.get(&l.name.text).filter(|used| used.len() + 1 == query.occurrences(&l.name.text));
            let op =
                used.and_then(|used| used.iter().skip(1).fold(*used.first()?, |a, b| if a == *b { a } else { None }));
            lists.push(TextList { op, is_only_compared: used.is_some(), items });
        }
    }
    lists
}

/// A text that is written here.
fn literal(query: &Query<'_>, e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Literal(_) if query.ty(e) == ScalarType::String => query.text_of(e).map(str::to_owned),
        _ => None,
    }
}

/// The texts of an array that is written here, if it has nothing else.
fn array(query: &Query<'_>, e: &Expr) -> Option<Vec<(String, Span)>> {
    let ExprKind::Literal(Literal::Dynamic(Dynamic::Array(values))) = &plain(e).kind else { return None };
    let places = list_items(query.text, e.span);
    if places.len() != values.len() {
        return None;
    }
    values
        .iter()
        .zip(places)
        .map(|(value, place)| match value {
            Dynamic::Scalar(scalar) => match &**scalar {
                Literal::String(text) => Some((text.clone(), place)),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

impl TextList {
    fn of(op: InOp, items: Vec<(String, Span)>) -> TextList {
        TextList { op: Some(op), is_only_compared: true, items }
    }

    /// The edits that remove items; `None` if a comment is between them, nothing would be left, or the list has other uses.
    pub fn without(&self, text: &str, removed: &[usize]) -> Option<Vec<(Span, String)>> {
        if !self.is_only_compared || removed.is_empty() || removed.contains(&0) || removed.len() >= self.items.len() {
            return None;
        }
        let mut edits = Vec::new();
        for at in removed {
            let (before, this) = (self.items.get(at.checked_sub(1)?)?.1, self.items.get(*at)?.1);
            let cut = Span::new(before.end, this.end);
            if Span::new(before.end, this.start).text(text).contains("//") {
                return None;
            }
            edits.push((cut, String::new()));
        }
        Some(edits)
    }
}
