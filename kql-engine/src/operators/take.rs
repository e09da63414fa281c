//! `take`, `limit`: some rows; the first ones where the rows are in order.
//!
//! <https://learn.microsoft.com/kusto/query/take-operator>

use crate::bind::Binder;
use crate::plan::{Node, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, count: &ast::Expr, input: Relation) -> Relation {
    let count = super::whole_number(binder, count);
    let node = Node::Limit { input: input.node.clone(), count, order: input.order.clone() };
    Relation { node: Arc::new(node), ..input }
}
