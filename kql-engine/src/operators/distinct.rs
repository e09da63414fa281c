//! `distinct`: each combination of values once.
//!
//! <https://learn.microsoft.com/kusto/query/distinct-operator>

use crate::bind::{Assigned, Binder, ColumnNames, Row};
use crate::plan::{Expr, Node, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, distinct: &ast::Distinct, input: Relation) -> Relation {
    let assigned: Vec<Assigned> = match distinct.columns.as_slice() {
        [ast::Expr { kind: ast::ExprKind::Star, span }] => input
            .columns
            .iter()
            .map(|c| Assigned { column: binder.new_column(c.name.clone(), c.ty), value: Expr::column(c, *span) })
            .collect(),
        columns => binder.assignments(columns, Row::of(&input), &mut ColumnNames::default(), None),
    };
    for a in &assigned {
        super::not_dynamic(binder, &a.value);
    }
    let groups = assigned.iter().map(|a| (a.column.id, a.value.clone())).collect();
    let node = Node::Aggregate { input: input.node, groups, aggregates: Vec::new(), order: Vec::new() };
    Relation {
        node: Arc::new(node),
        columns: assigned.into_iter().map(|a| a.column).collect(),
        order: Vec::new(),
        serialized: false,
        open: input.open,
        name: None,
        render: None,
    }
}
