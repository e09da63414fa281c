//! `top n by keys`: the first rows in an order.
//!
//! <https://learn.microsoft.com/kusto/query/top-operator>

use crate::bind::Binder;
use crate::plan::{Node, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, top: &ast::Top, input: Relation) -> Relation {
    let count = super::whole_number(binder, &top.count);
    let sorted = super::sort::by_keys(binder, &top.keys, input, false);
    let node = Node::Limit { input: sorted.node.clone(), count, order: sorted.order.clone() };
    Relation { node: Arc::new(node), ..sorted }
}
