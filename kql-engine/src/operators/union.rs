//! `union`: the rows of several tables.
//!
//! Columns of one name and different types become one column for each type, named `x_long`, `x_string`, where `x` first
//! stood. <https://learn.microsoft.com/kusto/query/union-operator>

use crate::bind::{Binder, Symbol};
use crate::plan::{ColumnId, Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, union: &ast::Union, input: Option<Relation>, span: Span) -> Relation {
    let fuzzy = matches!(super::parameter(&union.parameters, &["isfuzzy"]), Some(("true", _)));
    let inner = match super::parameter(&union.parameters, &["kind"]) {
        None | Some(("outer", _)) => false,
        Some(("inner", _)) => true,
        Some((_, at)) => {
            binder.error("KS005", at, "Expected one of: inner, outer");
            false
        }
    };
    let mut legs: Vec<Relation> = input.into_iter().collect();
    for table in &union.tables {
        legs.append(&mut leg(binder, table, fuzzy));
    }
    if legs.is_empty() {
        if fuzzy && !union.tables.is_empty() {
            binder.error("KS204", span, "None of the tables of the union is known.");
        }
        return binder.empty_relation();
    }
    let source = super::parameter(&union.parameters, &["withsource", "with_source"]);
    unite(binder, legs, inner, source.map(|(name, _)| name))
}

fn leg(binder: &mut Binder, table: &ast::Expr, fuzzy: bool) -> Vec<Relation> {
    match &table.kind {
        ast::ExprKind::Wildcard(pattern) => wildcard(binder, pattern, fuzzy),
        ast::ExprKind::Star => wildcard(binder, &ast::Name { text: "*".to_owned(), span: table.span }, fuzzy),
        ast::ExprKind::Name(name) if fuzzy && !binder.is_tabular(table) => {
            let message =
                format!("The fuzzy name '{}' does not refer to any known or currently accessible table.", name.text);
            binder.report(Diagnostic::warning("KS205", table.span, message));
            Vec::new()
        }
        _ => vec![binder.tabular(table)],
    }
}

fn wildcard(binder: &mut Binder, pattern: &ast::Name, fuzzy: bool) -> Vec<Relation> {
    let mut names: Vec<String> = binder
        .scope
        .names()
        .filter(|(_, symbol)| matches!(symbol, Symbol::Function(f) if f.function.view))
        .map(|(name, _)| name.to_owned())
        .chain(binder.environment.table_names())
        .filter(|name| super::matches_wildcard(&pattern.text, name))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() && !fuzzy {
        let message = format!("The name '{}' does not refer to any known table.", pattern.text);
        binder.error("KS204", pattern.span, message);
    }
    names
        .into_iter()
        .map(|text| {
            let name = ast::Name { text, span: pattern.span };
            binder.tabular(&ast::Expr { kind: ast::ExprKind::Name(name), span: pattern.span })
        })
        .collect()
}

/// One relation of several; `source` names a first column that holds the name of each row's table.
pub(super) fn unite(binder: &mut Binder, legs: Vec<Relation>, inner: bool, source: Option<&str>) -> Relation {
    let mut columns = aligned(&legs);
    if inner {
        columns.retain(|c| legs.iter().all(|leg| leg.columns.iter().any(|l| l.name == c.from && l.ty == c.ty)));
    }
    let source = source.map(|name| {
        let mut free = name.to_owned();
        let mut i = 0;
        while columns.iter().any(|c| c.name == free) {
            i += 1;
            free = format!("{name}{i}");
        }
        binder.new_column(free, ScalarType::String)
    });
    let result: Vec<PlanColumn> = columns.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    let open = legs.iter().any(|l| l.open);
    let mut inputs = Vec::with_capacity(legs.len());
    for (i, leg) in legs.iter().enumerate() {
        let mut pairs: Vec<(ColumnId, Expr)> = Vec::new();
        if let Some(source) = &source {
            let name = leg.name.clone().unwrap_or_else(|| format!("union_arg{i}"));
            pairs.push((source.id, Expr::constant(Value::Text(name), ScalarType::String, Span::default())));
        }
        for (column, result) in columns.iter().zip(&result) {
            let value = match leg.columns.iter().find(|l| l.name == column.from && l.ty == column.ty) {
                Some(l) => Expr::column(l, Span::default()),
                None if column.ty == ScalarType::String => {
                    Expr::constant(Value::Text(String::new()), ScalarType::String, Span::default())
                }
                None => Expr::constant(Value::Null, column.ty, Span::default()),
            };
            pairs.push((result.id, value));
        }
        inputs.push(Arc::new(Node::Project { input: leg.node.clone(), columns: pairs }));
    }
    let all: Vec<PlanColumn> = source.into_iter().chain(result).collect();
    Relation {
        node: Arc::new(Node::Union { inputs, columns: all.iter().map(|c| (c.id, c.ty)).collect() }),
        columns: all,
        order: Vec::new(),
        serialized: false,
        open,
        name: None,
        render: None,
    }
}

/// A column of the union: its name, and name and type of the legs' columns that fill it.
struct Aligned {
    name: String,
    from: String,
    ty: ScalarType,
}

fn aligned(legs: &[Relation]) -> Vec<Aligned> {
    // names in the order of first appearance, each with its types in that order
    let mut names: Vec<(&str, Vec<ScalarType>)> = Vec::new();
    for column in legs.iter().flat_map(|l| &l.columns) {
        match names.iter_mut().find(|(n, _)| *n == column.name) {
            Some((_, types)) if types.contains(&column.ty) => {}
            Some((_, types)) => types.push(column.ty),
            None => names.push((&column.name, vec![column.ty])),
        }
    }
    let single: Vec<&str> = names.iter().filter(|(_, types)| types.len() == 1).map(|(n, _)| *n).collect();
    let mut taken: Vec<String> = single.iter().map(|n| (*n).to_owned()).collect();
    let mut columns = Vec::new();
    for (name, types) in &names {
        if let [ty] = types.as_slice() {
            columns.push(Aligned { name: (*name).to_owned(), from: (*name).to_owned(), ty: *ty });
            continue;
        }
        for ty in types {
            let wanted = format!("{name}_{ty}");
            let mut free = wanted.clone();
            let mut i = 0;
            while taken.contains(&free) {
                i += 1;
                free = format!("{wanted}{i}");
            }
            taken.push(free.clone());
            columns.push(Aligned { name: free, from: (*name).to_owned(), ty: *ty });
        }
    }
    columns
}
