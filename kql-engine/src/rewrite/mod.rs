//! Rewrites that only KQL can know, one file each, with its reason. They run over the plan before it is lowered.

mod filter_below_innerunique;

use crate::plan::{Node, Query};
use std::sync::Arc;

/// Applies every rewrite to every result and subquery.
pub fn rewrite(query: &mut Query) {
    for relation in query.stages.iter_mut().map(|s| &mut s.relation).chain(&mut query.results) {
        relation.node = node(&relation.node);
    }
}

fn node(n: &Arc<Node>) -> Arc<Node> {
    let rebuilt = map_inputs(n, &node);
    filter_below_innerunique::apply(&rebuilt).unwrap_or(rebuilt)
}

/// The node over other inputs; the same node where they are the same.
fn map_inputs(n: &Arc<Node>, f: &dyn Fn(&Arc<Node>) -> Arc<Node>) -> Arc<Node> {
    let one = |input: &Arc<Node>| {
        let new = f(input);
        (!Arc::ptr_eq(&new, input)).then_some(new)
    };
    let replaced = match &**n {
        Node::Scan { .. } | Node::Values { .. } | Node::Range { .. } => None,
        Node::Filter { input, predicate } => {
            one(input).map(|input| Node::Filter { input, predicate: predicate.clone() })
        }
        Node::Project { input, columns } => one(input).map(|input| Node::Project { input, columns: columns.clone() }),
        Node::Limit { input, count, order } => {
            one(input).map(|input| Node::Limit { input, count: count.clone(), order: order.clone() })
        }
        Node::Aggregate { input, groups, aggregates, order } => one(input).map(|input| Node::Aggregate {
            input,
            groups: groups.clone(),
            aggregates: aggregates.clone(),
            order: order.clone(),
        }),
        Node::FirstOf { input, keys, columns, order } => one(input).map(|input| Node::FirstOf {
            input,
            keys: keys.clone(),
            columns: columns.clone(),
            order: order.clone(),
        }),
        Node::MvExpand { input, columns, index, limit } => one(input).map(|input| Node::MvExpand {
            input,
            columns: columns.clone(),
            index: *index,
            limit: limit.clone(),
        }),
        Node::Join { kind, left, right, on } => match (one(left), one(right)) {
            (None, None) => None,
            (l, r) => Some(Node::Join {
                kind: *kind,
                left: l.unwrap_or_else(|| left.clone()),
                right: r.unwrap_or_else(|| right.clone()),
                on: on.clone(),
            }),
        },
        Node::Union { inputs, columns } => {
            let new: Vec<Arc<Node>> = inputs.iter().map(f).collect();
            let same = new.iter().zip(inputs).all(|(a, b)| Arc::ptr_eq(a, b));
            (!same).then(|| Node::Union { inputs: new, columns: columns.clone() })
        }
    };
    replaced.map_or_else(|| n.clone(), Arc::new)
}
