//! `make_list()` keeps a `dynamic(null)` that the query contains.
//!
//! To Kusto this is a value, unlike a missing property or a column of a join without a match. Both are null in this engine,
//! so the plan has to distinguish the origins of a null.

use crate::aggregates::{MAKE_LIST, MAKE_LIST_IF};
use crate::functions::dynamic::NULL_AS_VALUE;
use crate::plan::{Aggregate, ColumnId, Expr, ExprKind, Node};
use crate::types::ScalarType::Dynamic;
use crate::value::Value;
use std::sync::Arc;

/// The node with such lists changed; `None` if it has none.
pub(super) fn apply(node: &Node) -> Option<Arc<Node>> {
    let Node::Aggregate { input, groups, aggregates, order } = node else { return None };
    let lists = |a: &Aggregate| {
        [&MAKE_LIST, &MAKE_LIST_IF].contains(&a.function) && a.args.first().is_some_and(|arg| written(input, arg))
    };
    if !aggregates.iter().any(lists) {
        return None;
    }
    let mut aggregates = aggregates.clone();
    for aggregate in aggregates.iter_mut().filter(|a| lists(a)) {
        if let Some(arg) = aggregate.args.first_mut() {
            let value = arg.clone();
            let span = value.span;
            *arg = Expr::call(&NULL_AS_VALUE, vec![value], Dynamic, span);
        }
    }
    Some(Arc::new(Node::Aggregate { input: input.clone(), groups: groups.clone(), aggregates, order: order.clone() }))
}

/// Whether the nulls of a dynamic expression over the rows of a node are written in the query.
fn written(node: &Node, e: &Expr) -> bool {
    match &e.kind {
        _ if e.ty != Dynamic => false,
        ExprKind::Constant(value) => *value == Value::Null,
        ExprKind::Column(id) => column(node, *id),
        _ => false,
    }
}

fn column(node: &Node, id: ColumnId) -> bool {
    match node {
        Node::Values { columns, .. } => columns.iter().any(|c| c.id == id),
        Node::Project { input, columns } => {
            columns.iter().find(|(made, _)| *made == id).is_some_and(|(_, e)| written(input, e))
        }
        Node::Probe { input, .. } | Node::Filter { input, .. } | Node::Limit { input, .. } => column(input, id),
        Node::Window { input, row, calls, .. } => {
            *row != id && calls.iter().all(|call| call.id != id) && column(input, id)
        }
        _ => false,
    }
}
