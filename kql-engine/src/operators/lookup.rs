//! `lookup`: a join that adds the columns of a small table; its key columns are not repeated.
//!
//! <https://learn.microsoft.com/kusto/query/lookup-operator>

use crate::bind::Binder;
use crate::plan::{ExprKind, JoinKind, PlanColumn, Relation};
use kql_parser::Span;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, lookup: &ast::Join, input: Relation, span: Span) -> Relation {
    let right = binder.tabular(&lookup.right);
    let right = super::with_new_ids(binder, &right);
    let keys = super::join::keys(binder, lookup, &input, &right, span);
    let kind = match super::parameter(&lookup.parameters, &["kind"]) {
        None | Some(("leftouter", _)) => JoinKind::LeftOuter,
        Some(("inner", _)) => JoinKind::Inner,
        Some((_, at)) => {
            binder.error("KS005", at, "Expected one of: inner, leftouter");
            JoinKind::LeftOuter
        }
    };
    let is_key = |c: &PlanColumn| {
        keys.iter().any(|k| {
            let mut found = false;
            k.right.walk(&mut |e| found |= e.kind == ExprKind::Column(c.id));
            found
        })
    };
    let added: Vec<PlanColumn> = right.columns.iter().filter(|c| !is_key(c)).cloned().collect();
    let columns = super::join::side_by_side(&input.columns, added);
    let left = input.node.clone();
    super::join::joined(input, right, left, kind, keys, columns)
}
