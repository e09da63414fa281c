//! `take`, `limit`: some rows; the first ones if the rows are ordered.
//!
//! <https://learn.microsoft.com/kusto/query/take-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, count: &ast::Expr, input: Relation) -> Relation {
    let count = super::whole_number(binder, count);
    crate::plan::limit(input, count)
}
