//! `sort`, `order`: orders the rows.
//!
//! <https://learn.microsoft.com/kusto/query/sort-operator>

use crate::bind::{Binder, Row};
use crate::plan::{ExprKind, OrderKey, Relation};
use kql_parser::ast;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, sort: &ast::Sort, input: Relation) -> Relation {
    by_keys(binder, &sort.keys, input, DynamicKeys::Rejected)
}

/// Whether keys can be dynamic values.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum DynamicKeys {
    Accepted,
    Rejected,
}

/// The input with its rows ordered by the keys. Nothing is sorted here: the keys become columns (hidden if they are
/// expressions), and the relation declares that its rows are ordered by them.
pub(super) fn by_keys(binder: &mut Binder, keys: &[ast::SortKey], input: Relation, dynamic: DynamicKeys) -> Relation {
    let mut added = Vec::new();
    let (mut order, mut sorted_by) = (Vec::new(), Vec::new());
    for key in keys {
        let value = match &key.expr.kind {
            ast::ExprKind::Named(named) => &named.value,
            _ => &key.expr,
        };
        let value = binder.expr(value, Row::of(&input));
        if dynamic == DynamicKeys::Rejected {
            super::not_dynamic(binder, &value);
        }
        let ascending = key.ascending.unwrap_or(false);
        // nulls come first in ascending order and last in descending order
        let nulls_first = key.nulls_first.unwrap_or(ascending);
        let shown = match &value.kind {
            ExprKind::Column(id) => Some(*id),
            _ => None,
        };
        let value = crate::functions::nan_place::sort_key(value, ascending, nulls_first);
        let column = match &value.kind {
            ExprKind::Error => continue,
            ExprKind::Column(id) => *id,
            _ => {
                let id = binder.new_id();
                added.push((id, value));
                id
            }
        };
        if order.iter().all(|k: &OrderKey| k.column != column) {
            order.push(OrderKey { column, ascending, nulls_first });
            sorted_by.push((column, shown.unwrap_or(column)));
        }
    }
    let input = binder.with_windows(input);
    // rows with equal keys keep their previous order
    let mut before = input.order.clone();
    before.retain(|k| order.iter().all(|o| o.column != k.column));
    let node = if added.is_empty() {
        input.node.clone()
    } else {
        let mut pairs = crate::plan::identity(&input.columns);
        pairs.append(&mut added);
        crate::plan::project(&input, pairs)
    };
    order.extend(before);
    Relation { node, order, sorted_by: Arc::new(sorted_by), serialized: true, ..input }
}
