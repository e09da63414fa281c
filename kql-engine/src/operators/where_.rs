//! `where`: the rows for which a predicate is true; null counts as false.
//!
//! <https://learn.microsoft.com/kusto/query/where-operator>

use crate::bind::{Binder, Row};
use crate::plan::{ExprKind, Node, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, predicate: &ast::Expr, input: Relation) -> Relation {
    let predicate = binder.predicate(predicate, Row::of(&input));
    let input = binder.with_windows(input);
    if predicate.kind == ExprKind::Error {
        return input;
    }
    Relation { node: Arc::new(Node::Filter { input: input.node.clone(), predicate }), ..input }
}
