//! `project-rename`: renames some columns.
//!
//! <https://learn.microsoft.com/kusto/query/project-rename-operator>

use crate::bind::Binder;
use crate::plan::{PlanColumn, Relation};
use kql_parser::ast;
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let mut columns = input.columns.clone();
    for e in list {
        let ast::ExprKind::Named(named) = &e.kind else {
            if e.kind != ast::ExprKind::Error {
                binder.error(codes::RENAME_EXPECTED, e.span, "project-rename expects new = old.");
            }
            continue;
        };
        let Some(name) = binder.single_name(named, e.span) else { continue };
        if columns.iter().any(|c| c.name == name.text) {
            binder.already_declared(&name.text, name.span);
            continue;
        }
        let found = super::columns_of(binder, &named.value, &input);
        let [old] = found.as_slice() else { continue };
        // a column that was renamed keeps its first new name
        match columns.iter_mut().find(|c| c.id == old.id) {
            Some(column) if column.name == old.name => column.name.clone_from(&name.text),
            Some(_) => {}
            // an unlisted column becomes a listed one
            None => columns.push(PlanColumn { name: name.text.clone(), ..old.clone() }),
        }
    }
    Relation { columns, ..input }
}
