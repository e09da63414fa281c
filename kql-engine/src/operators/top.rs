//! `top n by keys`: the first rows in an order.
//!
//! <https://learn.microsoft.com/kusto/query/top-operator>

use super::sort::{self, DynamicKeys};
use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, top: &ast::Top, input: Relation) -> Relation {
    let count = super::whole_number(binder, &top.count);
    let sorted = sort::by_keys(binder, &top.keys, input, DynamicKeys::Accepted);
    crate::plan::limit(sorted, count)
}
