//! `lookup`: a join that adds the columns of a small table; its key columns are not repeated.
//!
//! <https://learn.microsoft.com/kusto/query/lookup-operator>

use crate::bind::Binder;
use crate::plan::{Expr, JoinKind, Node, PlanColumn, Relation};
use kql_parser::Span;
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, lookup: &ast::Join, mut input: Relation, span: Span) -> Relation {
    let right = binder.tabular(&lookup.right);
    let mut right = crate::plan::with_new_ids(&mut binder.ids, &right);
    super::join::open_keys(binder, &lookup.on, &mut input, &mut right);
    let keys = super::join::keys(binder, lookup, &input, &right, span);
    let kind = match super::parameter(&lookup.parameters, &["kind"]) {
        None | Some(("leftouter", _)) => JoinKind::LeftOuter,
        Some(("inner", _)) => JoinKind::Inner,
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: inner, leftouter");
            JoinKind::LeftOuter
        }
    };
    let is_key = |c: &PlanColumn| keys.iter().any(|k| k.right_column == Some(c.id));
    let added: Vec<PlanColumn> = right.columns.iter().filter(|c| !is_key(c)).cloned().collect();
    let columns = crate::plan::side_by_side(&input.columns, added);
    let left = input.node.clone();
    super::join::joined(input, right, left, kind, keys, columns)
}

/// Every row of `input` once, with the first row of `known` that has the same key.
pub fn first_match(input: &Relation, known: &Relation, left: Expr, right: Expr) -> Arc<Node> {
    let known = Arc::new(Node::FirstOf {
        input: known.node.clone(),
        keys: vec![right.clone()],
        columns: known.node.columns(),
        order: known.order.clone(),
    });
    Arc::new(Node::Join { kind: JoinKind::LeftOuter, left: input.node.clone(), right: known, on: vec![(left, right)] })
}
