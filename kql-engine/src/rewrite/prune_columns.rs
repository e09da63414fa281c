//! Removes unused columns from the plan.
//!
//! DataFusion does that too, at a cost that is quadratic in the number of columns: a union of all tables of the catalogue
//! has 27,000.

use crate::plan::{ColumnId, Expr, ExprKind, JoinKind, Node, Relation};
use std::collections::HashSet;
use std::sync::Arc;

type Needed = HashSet<ColumnId>;

/// The relation reduced to what its columns and its order need.
pub(super) fn apply(relation: &Relation) -> Arc<Node> {
    let mut needed: Needed = relation.computed_columns().map(|c| c.id).collect();
    needed.extend(relation.order.iter().map(|k| k.column));
    prune(&relation.node, &needed)
}

fn look(e: &Expr, needed: &mut Needed) {
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind {
            needed.insert(id);
        }
    });
}

/// The needed ones; if none is needed, the first: a table has at least one column.
fn kept<T: Clone>(all: &[T], is_needed: impl Fn(&T) -> bool) -> Vec<T> {
    let some: Vec<T> = all.iter().filter(|c| is_needed(c)).cloned().collect();
    if some.is_empty() { all.iter().take(1).cloned().collect() } else { some }
}

fn prune(node: &Arc<Node>, needed: &Needed) -> Arc<Node> {
    Arc::new(match &**node {
        Node::Nothing | Node::Memory { .. } | Node::Stage { .. } | Node::Range { .. } => return node.clone(),
        Node::Scan { table, columns } => {
            Node::Scan { table: table.clone(), columns: kept(columns, |c| needed.contains(&c.id)) }
        }
        Node::Values { columns, rows } => {
            let Some((number, data)) = columns.split_last() else { return node.clone() };
            let places: Vec<usize> =
                data.iter().enumerate().filter(|(_, c)| needed.contains(&c.id)).map(|(i, _)| i).collect();
            let columns = places.iter().filter_map(|i| data.get(*i)).chain([number]).cloned().collect();
            let rows = rows.iter().map(|r| places.iter().filter_map(|i| r.get(*i)).cloned().collect()).collect();
            Node::Values { columns, rows }
        }
        Node::Probe { input, step } => Node::Probe { input: prune(input, needed), step: *step },
        Node::Filter { input, predicate } => {
            let mut below = needed.clone();
            look(predicate, &mut below);
            Node::Filter { input: prune(input, &below), predicate: predicate.clone() }
        }
        Node::Project { input, columns } => {
            let columns = kept(columns, |(id, _)| needed.contains(id));
            let mut below = Needed::new();
            columns.iter().for_each(|(_, e)| look(e, &mut below));
            Node::Project { input: prune(input, &below), columns }
        }
        Node::Limit { input, count, order, partition } => {
            let mut below = needed.clone();
            below.extend(order.iter().map(|k| k.column).chain(partition.iter().copied()));
            Node::Limit {
                input: prune(input, &below),
                count: count.clone(),
                order: order.clone(),
                partition: partition.clone(),
            }
        }
        Node::Aggregate { input, groups, aggregates, order } => {
            let is_needed = |a: &crate::plan::Aggregate| a.outputs.iter().any(|(id, _)| needed.contains(id));
            let mut aggregates: Vec<_> = aggregates.iter().filter(|a| is_needed(a)).cloned().collect();
            if groups.is_empty() && aggregates.is_empty() {
                // without groups there is one row, whichever columns are used
                aggregates = match &**node {
                    Node::Aggregate { aggregates, .. } => aggregates.iter().take(1).cloned().collect(),
                    _ => Vec::new(),
                };
            }
            let mut below = Needed::new();
            groups.iter().for_each(|(_, e)| look(e, &mut below));
            aggregates.iter().flat_map(|a| &a.args).for_each(|e| look(e, &mut below));
            below.extend(order.iter().map(|k| k.column));
            Node::Aggregate { input: prune(input, &below), groups: groups.clone(), aggregates, order: order.clone() }
        }
        Node::Join { kind, left, right, on } => {
            let (mut of_left, mut of_right) = (Needed::new(), Needed::new());
            on.iter().for_each(|(l, r)| {
                look(l, &mut of_left);
                look(r, &mut of_right);
            });
            let (left_kept, right_kept) = match kind {
                JoinKind::LeftSemi | JoinKind::LeftAnti => (true, false),
                JoinKind::RightSemi | JoinKind::RightAnti => (false, true),
                _ => (true, true),
            };
            if left_kept {
                of_left.extend(needed.iter().copied());
            }
            if right_kept {
                of_right.extend(needed.iter().copied());
            }
            Node::Join { kind: *kind, left: prune(left, &of_left), right: prune(right, &of_right), on: on.clone() }
        }
        Node::FirstOf { input, keys, columns, order } => {
            let columns = kept(columns, |(id, _)| needed.contains(id));
            let mut below: Needed = columns.iter().map(|(id, _)| *id).collect();
            keys.iter().for_each(|e| look(e, &mut below));
            below.extend(order.iter().map(|k| k.column));
            Node::FirstOf { input: prune(input, &below), keys: keys.clone(), columns, order: order.clone() }
        }
        Node::Union { inputs, columns } => {
            let columns = kept(columns, |(id, _)| needed.contains(id));
            let wanted: Needed = columns.iter().map(|(id, _)| *id).collect();
            Node::Union { inputs: inputs.iter().map(|i| prune(i, &wanted)).collect(), columns }
        }
        Node::MvExpand { input, columns, index, limit } => {
            let mut below = needed.clone();
            columns.iter().for_each(|c| look(&c.value, &mut below));
            Node::MvExpand {
                input: prune(input, &below),
                columns: columns.clone(),
                index: *index,
                limit: limit.clone(),
            }
        }
        Node::Window { input, order, partition, row, calls } => {
            let calls: Vec<_> = calls.iter().filter(|c| needed.contains(&c.id)).cloned().collect();
            let mut below = needed.clone();
            calls.iter().flat_map(|c| &c.args).for_each(|e| look(e, &mut below));
            below.extend(order.iter().map(|k| k.column).chain(partition.iter().copied()));
            Node::Window {
                input: prune(input, &below),
                order: order.clone(),
                partition: partition.clone(),
                row: *row,
                calls,
            }
        }
        Node::Extract { input, value, extractor, columns, matched } => {
            let mut below = needed.clone();
            look(value, &mut below);
            Node::Extract {
                input: prune(input, &below),
                value: value.clone(),
                extractor: extractor.clone(),
                columns: columns.clone(),
                matched: *matched,
            }
        }
    })
}
