//! `project`: only these columns.
//!
//! <https://learn.microsoft.com/kusto/query/project-operator>

use crate::bind::{Assigned, Binder, ColumnNames, Row};
use crate::plan::{ColumnId, ExprKind, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let assigned = binder.assignments(list, Row::of(&input), &mut ColumnNames::default(), None);
    from_assigned(binder.with_windows(input), assigned)
}

/// A relation of the assigned columns.
pub(super) fn from_assigned(input: Relation, assigned: Vec<Assigned>) -> Relation {
    let pairs = assigned.iter().map(|a| (a.column.id, a.value.clone())).collect();
    let node = crate::plan::project(&input, pairs);
    // a column can have a new name
    let renamed = |(key, shown): &(ColumnId, ColumnId)| {
        let same = |a: &&Assigned| matches!(&a.value.kind, ExprKind::Column(id) if id == shown);
        (*key, assigned.iter().find(same).map_or(*shown, |a| a.column.id))
    };
    let sorted_by = Arc::new(input.sorted_by.iter().map(renamed).collect());
    Relation {
        node,
        sorted_by,
        columns: assigned.into_iter().map(|a| a.column).collect(),
        hidden: Vec::new(),
        open: false,
        ..input
    }
}

/// A relation with some of the columns, in this order.
pub(super) fn select(input: Relation, columns: Vec<crate::plan::PlanColumn>) -> Relation {
    let node = crate::plan::project(&input, crate::plan::identity(&columns));
    Relation { node, columns, ..input }
}
