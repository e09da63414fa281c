//! `serialize`: keeps the rows in their order, so that functions can refer to other rows; adds columns as in `extend`.
//!
//! <https://learn.microsoft.com/kusto/query/serialize-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, serialize: &ast::Serialize, input: Relation) -> Relation {
    // rows without an order get one, the same for all functions that refer to other rows
    let input =
        if input.order.is_empty() && input.partition.is_none() { binder.window(input, Vec::new()) } else { input };
    super::extend::bind(binder, &serialize.columns, Relation { serialized: true, ..input })
}
