//! `extend`: adds columns; a column with an existing name replaces that column at its position.
//!
//! <https://learn.microsoft.com/kusto/query/extend-operator>

use crate::bind::{Binder, ColumnNames, Row, plain_column};
use crate::plan::{PlanColumn, Relation};
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let mut columns: Vec<PlanColumn> = input.columns.clone();
    let mut pairs = crate::plan::identity(&input.columns);
    let mut declared: Vec<String> = Vec::new();
    // the names of a call's several columns do not replace other columns
    let mut several_names = ColumnNames::added_to(&input.columns);
    for e in list {
        let (given, value): (&[ast::Name], &ast::Expr) = match &e.kind {
            ast::ExprKind::Named(named) => (&named.names, &named.value),
            _ => (&[], e),
        };
        let several = if crate::bind::gives_several(value) {
            let bound = binder.expr(value, Row::of(&input));
            binder.several(value, &bound, Row::of(&input))
        } else {
            None
        };
        if let Some(several) = several {
            for (i, (own, value)) in several.into_iter().enumerate() {
                let name = match given.get(i) {
                    Some(name) => {
                        several_names.declare(&name.text);
                        name.text.clone()
                    }
                    None => several_names.invent(&own),
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
        let (name, span, value) = match &e.kind {
            ast::ExprKind::Named(named) => {
                let Some(name) = binder.single_name(named, e.span) else { continue };
                (Some(name.text.clone()), name.span, &named.value)
            }
            _ => (None, e.span, e),
        };
        let listed = |c: &&PlanColumn| input.columns.iter().any(|own| own.id == c.id);
        let column = plain_column(e, Row::of(&input)).filter(listed).map(|c| c.name.clone());
        // a column that is only named counts as named so, and is not changed
        if let Some(name) = name.as_ref().or(column.as_ref()) {
            if declared.contains(name) {
                binder.already_declared(name, span);
                continue;
            }
            declared.push(name.clone());
        }
        if column.is_some() {
            continue;
        }
        // expressions see the columns of the input, not those of the same extend
        let bound = binder.expr(value, Row::of(&input));
        let name = name
            .or_else(|| binder.element_name(value, &bound, Row::of(&input)))
            .or_else(|| binder.result_name(value, Row::of(&input)))
            .unwrap_or_else(|| binder.unnamed(&input.columns));
        let column = binder.new_column(name, bound.ty);
        pairs.push((column.id, bound));
        match columns.iter_mut().find(|c| c.name == column.name) {
            Some(old) => *old = column,
            None => columns.push(column),
        }
    }
    let input = binder.with_windows(input);
    // replaced columns are dropped, unless the row order needs them
    pairs.retain(|(id, _)| columns.iter().any(|c| c.id == *id));
    let node = crate::plan::project(&input, pairs);
    Relation { node, columns, ..input }
}
