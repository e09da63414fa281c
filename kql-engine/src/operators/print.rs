//! `print`: one row of constants.
//!
//! <https://learn.microsoft.com/kusto/query/print-operator>

use crate::bind::{Binder, ColumnNames, Row};
use crate::plan::{Node, OrderKey, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, columns: &[ast::Expr], _: Span) -> Relation {
    let one_row = one_row(binder);
    let unnamed = |i: usize| format!("print_{i}");
    let assigned = binder.assignments(columns, Row::default(), &mut ColumnNames::default(), Some(unnamed));
    super::project::from_assigned(one_row, assigned)
}

/// One row without columns.
fn one_row(binder: &mut Binder) -> Relation {
    let row = PlanColumn { id: binder.new_id(), name: "row".to_owned(), ty: ScalarType::Long };
    Relation {
        order: vec![OrderKey { column: row.id, ascending: true, nulls_first: true }],
        node: Arc::new(Node::Values { columns: vec![row], rows: vec![Vec::new()] }),
        columns: Vec::new(),
        serialized: true,
        ..Relation::default()
    }
}
