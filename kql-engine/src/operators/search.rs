//! `search`: rows with a term in any column, over one table or many.
//!
//! <https://learn.microsoft.com/kusto/query/search-operator>

use super::union::{Kind, Leg, Lookup};
use crate::bind::{Binder, Row};
use crate::functions::operators;
use crate::plan::{Expr, ExprKind, Node, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;
use kql_parser::ast::{self, BinaryOp};
use kql_parser::codes;
use kql_scan::text::Case;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, search: &ast::Search, input: Option<Relation>, span: Span) -> Relation {
    let case = match super::parameter(&search.parameters, &["kind"]) {
        None | Some(("default" | "case_insensitive", _)) => Case::Insensitive,
        Some(("case_sensitive", _)) => Case::Sensitive,
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: case_insensitive, case_sensitive, default");
            Case::Insensitive
        }
    };
    let mut legs: Vec<Leg> = Vec::new();
    match (input, &search.tables) {
        (Some(input), _) => {
            if input.partition.is_some() {
                super::not_in_parts(binder, span);
                return input;
            }
            legs.push(Leg::with_rows(Relation { name: Some("search_arg0".to_owned()), ..input }));
        }
        (None, Some(tables)) => {
            for table in &tables.tables {
                legs.append(&mut super::union::leg(binder, table, Lookup::Strict));
            }
        }
        (None, None) => {
            let all = ast::Expr { kind: ast::ExprKind::Star, span };
            legs = super::union::leg(binder, &all, Lookup::Strict);
        }
    }
    if legs.is_empty() {
        return binder.empty_relation();
    }
    // a column in the condition that a table lacks is empty in that table
    let mut named = Vec::new();
    names(&search.condition, &mut named);
    let declared: Vec<(String, ScalarType)> = named
        .into_iter()
        .filter_map(|name| {
            let column = legs.iter().flat_map(|l| &l.relation.columns).find(|c| c.name == name)?;
            Some((column.name.clone(), column.ty))
        })
        .collect();
    let any_rows = legs.iter().any(|l| l.rows);
    let searched = legs
        .into_iter()
        .enumerate()
        .map(|(i, leg)| {
            // the condition is bound once even if no table has rows, to report its errors
            if !leg.rows && (any_rows || i > 0) {
                return leg;
            }
            Leg { relation: filtered(binder, search, leg.relation, &declared, case), rows: leg.rows }
        })
        .collect();
    super::union::unite(binder, searched, Kind::Outer, Some("$table"))
}

/// The rows of a table that meet the condition.
fn filtered(
    binder: &mut Binder,
    search: &ast::Search,
    table: Relation,
    declared: &[(String, ScalarType)],
    case: Case,
) -> Relation {
    let mut columns = table.columns.clone();
    let mut pairs = crate::plan::identity(&columns);
    for (name, ty) in declared {
        if columns.iter().all(|c| c.name != *name) {
            let column = binder.new_column(name.clone(), *ty);
            pairs.push((column.id, crate::plan::missing(*ty)));
            columns.push(column);
        }
    }
    let searched = table.columns.clone();
    let node = crate::plan::project(&table, pairs);
    let table = Relation { node, columns, ..table };
    let predicate = condition(binder, &search.condition, &table, &searched, case);
    if predicate.kind == ExprKind::Error {
        return table;
    }
    Relation { node: Arc::new(Node::Filter { input: table.node.clone(), predicate }), ..table }
}

/// The names in a condition.
pub(super) fn names(e: &ast::Expr, found: &mut Vec<String>) {
    match &e.kind {
        ast::ExprKind::Name(name) => found.push(name.text.clone()),
        ast::ExprKind::Binary(b) => {
            names(&b.left, found);
            names(&b.right, found);
        }
        ast::ExprKind::Match(a, b) | ast::ExprKind::Element(a, b) => {
            names(a, found);
            names(b, found);
        }
        ast::ExprKind::Parens(inner) | ast::ExprKind::Path(inner, _) | ast::ExprKind::Unary(_, inner) => {
            names(inner, found);
        }
        ast::ExprKind::Call(call) => call.args.iter().for_each(|a| names(a, found)),
        ast::ExprKind::In(i) => {
            names(&i.left, found);
            i.items.iter().for_each(|e| names(e, found));
        }
        ast::ExprKind::Between(b) => [&b.value, &b.low, &b.high].into_iter().for_each(|e| names(e, found)),
        _ => {}
    }
}

/// A condition in which a term without a column applies to any column.
pub(super) fn condition(
    binder: &mut Binder,
    e: &ast::Expr,
    table: &Relation,
    searched: &[crate::plan::PlanColumn],
    case: Case,
) -> Expr {
    let span = e.span;
    match &e.kind {
        ast::ExprKind::Parens(inner) => condition(binder, inner, table, searched, case),
        ast::ExprKind::Binary(b) if matches!(b.op, BinaryOp::And | BinaryOp::Or) => {
            let left = condition(binder, &b.left, table, searched, case);
            let right = condition(binder, &b.right, table, searched, case);
            if left.kind == ExprKind::Error || right.kind == ExprKind::Error {
                return Expr::error(span);
            }
            Expr::call(operators::binary(b.op), vec![left, right], ScalarType::Bool, span)
        }
        ast::ExprKind::Call(call) if call.name.text == "not" && call.args.len() == 1 => {
            let Some(arg) = call.args.first() else { return Expr::error(span) };
            let inner = condition(binder, arg, table, searched, case);
            match crate::functions::scalar("not") {
                Some(not) if inner.kind != ExprKind::Error => Expr::call(not, vec![inner], ScalarType::Bool, span),
                _ => Expr::error(span),
            }
        }
        ast::ExprKind::Star => Expr::constant(Value::Bool(true), ScalarType::Bool, span),
        ast::ExprKind::Literal(literal) if term(literal).is_some() => {
            any(binder, searched, &term(literal).unwrap_or_default(), case, span)
        }
        ast::ExprKind::Match(column, term) => {
            let ast::ExprKind::Literal(ast::Literal::String(term)) = &term.kind else {
                // x : 5 is an equality
                let left = binder.expr(column, Row::of(table));
                let right = binder.expr(term, Row::of(table));
                return binder.operator(operators::binary(BinaryOp::Equal), vec![left, right], span, span);
            };
            let value = binder.expr(column, Row::of(table));
            if value.kind == ExprKind::Error {
                return value;
            }
            test(binder, value, term, case, span)
        }
        _ => {
            let bound = binder.predicate(e, Row::of(table));
            Expr { span, ..bound }
        }
    }
}

/// The term of a literal: a string, or the digits of a number.
fn term(literal: &ast::Literal) -> Option<String> {
    match literal {
        ast::Literal::String(text) => Some(text.clone()),
        ast::Literal::Int(Some(number)) => Some(number.to_string()),
        ast::Literal::Long(Some(number)) => Some(number.to_string()),
        ast::Literal::Decimal(Some(digits)) => Some(digits.clone()),
        ast::Literal::Real(Some(number)) => {
            let mut text = String::new();
            crate::render::real(*number, &mut text);
            Some(text)
        }
        _ => None,
    }
}

/// Whether any column contains the term.
fn any(binder: &mut Binder, columns: &[crate::plan::PlanColumn], term: &str, case: Case, span: Span) -> Expr {
    let tests: Vec<Expr> = columns.iter().map(|c| test(binder, Expr::column(c, span), term, case, span)).collect();
    if tests.is_empty() {
        return Expr::constant(Value::Bool(false), ScalarType::Bool, span);
    }
    crate::bind::balanced(tests, operators::binary(BinaryOp::Or), span)
}

/// Whether a value contains the term; `*` at an end of the term allows other characters there.
fn test(binder: &mut Binder, value: Expr, term: &str, case: Case, span: Span) -> Expr {
    let value = value.convert(ScalarType::String);
    let inner = term.trim_matches('*');
    let (open, close) = (term.starts_with('*'), term.ends_with('*') && term.len() > 1);
    let (op, text) = if inner.is_empty() {
        // any value at all
        match case {
            Case::Sensitive => (BinaryOp::ContainsCs, String::new()),
            Case::Insensitive => (BinaryOp::Contains, String::new()),
        }
    } else if inner.contains('*') {
        // without a `*`, an end must be the boundary of a term
        let pattern: Vec<String> = inner.split('*').map(regex::escape).collect();
        let flags = if case == Case::Sensitive { "" } else { "(?i)" };
        let (before, after) = (if open { "" } else { r"\b" }, if close { "" } else { r"\b" });
        (BinaryOp::MatchesRegex, format!("{flags}{before}{}{after}", pattern.join(".*")))
    } else {
        let op = match (open, close, case) {
            (false, false, Case::Insensitive) => BinaryOp::Has,
            (false, false, Case::Sensitive) => BinaryOp::HasCs,
            (true, false, Case::Insensitive) => BinaryOp::HasSuffix,
            (true, false, Case::Sensitive) => BinaryOp::HasSuffixCs,
            (false, true, Case::Insensitive) => BinaryOp::HasPrefix,
            (false, true, Case::Sensitive) => BinaryOp::HasPrefixCs,
            (true, true, Case::Insensitive) => BinaryOp::Contains,
            (true, true, Case::Sensitive) => BinaryOp::ContainsCs,
        };
        (op, inner.to_owned())
    };
    let text = Expr::constant(Value::Text(text), ScalarType::String, span);
    binder.operator(operators::binary(op), vec![value, text], span, span)
}
