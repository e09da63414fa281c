//! `serialize`: rows in the order they have, so that functions may look at other rows; new columns as in `extend`.
//!
//! <https://learn.microsoft.com/kusto/query/serialize-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, serialize: &ast::Serialize, input: Relation) -> Relation {
    // rows in no order get one, the same for all functions that look at them
    let input =
        if input.order.is_empty() && input.partition.is_none() { binder.window(input, Vec::new()) } else { input };
    super::extend::bind(binder, &serialize.columns, Relation { serialized: true, ..input })
}
