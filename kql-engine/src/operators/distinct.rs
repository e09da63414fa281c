//! `distinct`: each combination of values once.
//!
//! <https://learn.microsoft.com/kusto/query/distinct-operator>

use crate::bind::{Assigned, Binder, ColumnNames, Row};
use crate::plan::{Expr, Relation};
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, distinct: &ast::Distinct, input: Relation) -> Relation {
    let assigned: Vec<Assigned> = match distinct.columns.as_slice() {
        [ast::Expr { kind: ast::ExprKind::Star, span }] => input
            .columns
            .iter()
            .map(|c| Assigned { column: binder.new_column(c.name.clone(), c.ty), value: Expr::column(c, *span) })
            .collect(),
        columns => binder.assignments(columns, Row::of(&input), &mut ColumnNames::default(), None),
    };
    let input = binder.with_windows(input);
    for a in &assigned {
        super::not_dynamic(binder, &a.value);
    }
    let groups = assigned.iter().map(|a| (a.column.id, a.value.clone())).collect();
    Relation {
        node: crate::bind::grouped(&input, groups, Vec::new()),
        partition: input.partition.clone(),
        columns: assigned.into_iter().map(|a| a.column).collect(),
        open: input.open,
        ..Relation::default()
    }
}
