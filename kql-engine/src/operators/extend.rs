//! `extend`: more columns; a column of an existing name is replaced where it stands.
//!
//! <https://learn.microsoft.com/kusto/query/extend-operator>

use crate::bind::{Binder, ColumnNames, Row};
use crate::plan::{PlanColumn, Relation};
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let mut columns: Vec<PlanColumn> = input.columns.clone();
    let mut pairs = super::identity(&input.columns);
    let mut names = ColumnNames::default();
    let mut declared: Vec<&str> = Vec::new();
    let mut invented = ColumnNames::default();
    for e in list {
        let (given, value): (&[ast::Name], &ast::Expr) = match &e.kind {
            ast::ExprKind::Named(named) => (&named.names, &named.value),
            _ => (&[], e),
        };
        let several = if crate::bind::gives_several(value) {
            let bound = binder.expr(value, Row::of(&input));
            binder.several(value, &bound)
        } else {
            None
        };
        if let Some(several) = several {
            for (i, (own, value)) in several.into_iter().enumerate() {
                let name = match given.get(i) {
                    Some(name) => name.text.clone(),
                    None => invented.invent(Some(own)),
                };
                let column = binder.new_column(name, value.ty);
                pairs.push((column.id, value));
                match columns.iter_mut().find(|c| c.name == column.name) {
                    Some(old) => *old = column,
                    None => columns.push(column),
                }
            }
            continue;
        }
        let (name, value) = match &e.kind {
            ast::ExprKind::Named(named) => {
                let Some(name) = binder.single_name(named, e.span) else { continue };
                if declared.contains(&name.text.as_str()) {
                    binder.already_declared(&name.text, name.span);
                    continue;
                }
                declared.push(&name.text);
                (Some(name.text.clone()), &named.value)
            }
            _ => (binder.result_name(e), e),
        };
        let name = name.unwrap_or_else(|| names.next_unnamed());
        // every expression sees the columns of the input, not those made beside it
        let bound = binder.expr(value, Row::of(&input));
        let column = binder.new_column(name, bound.ty);
        pairs.push((column.id, bound));
        match columns.iter_mut().find(|c| c.name == column.name) {
            Some(old) => *old = column,
            None => columns.push(column),
        }
    }
    let input = binder.with_windows(input);
    // replaced columns go, unless the row order needs them
    pairs.retain(|(id, _)| columns.iter().any(|c| c.id == *id));
    let node = super::project(&input, pairs);
    Relation { node, columns, ..input }
}
