//! `as`: names the table so far, for `withsource` and for later use in the pipeline.
//!
//! <https://learn.microsoft.com/kusto/query/as-operator>

use crate::bind::{Binder, Symbol};
use crate::plan::Relation;
use kql_parser::{Span, ast};

pub(super) fn bind(binder: &mut Binder, as_operator: &ast::As, input: Relation, span: Span) -> Relation {
    if input.partition.is_some() {
        // the name would refer to all parts at once
        super::not_in_parts(binder, span);
        return input;
    }
    let named = Relation { name: Some(as_operator.name.text.clone()), ..input };
    binder.scope = binder.scope.with(as_operator.name.text.clone(), Symbol::Table(named.clone()));
    named
}
