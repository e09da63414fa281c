//! `sample n`: some rows. Any are allowed, so it returns the first ones.
//!
//! <https://learn.microsoft.com/kusto/query/sample-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, sample: &ast::Sample, input: Relation) -> Relation {
    super::take::bind(binder, &sample.count, input)
}
