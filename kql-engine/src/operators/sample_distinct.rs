//! `sample-distinct n of x`: some of the distinct values.
//!
//! <https://learn.microsoft.com/kusto/query/sample-distinct-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, sample: &ast::SampleDistinct, input: Relation) -> Relation {
    let distinct = ast::Distinct { parameters: Vec::new(), columns: vec![sample.of.clone()] };
    let values = super::distinct::bind(binder, &distinct, input);
    super::take::bind(binder, &sample.count, values)
}
