//! Traversal of plans: inputs, expressions, and plans with replaced inputs.

use super::{ColumnId, Expr, ExprKind, Node, OrderKey, Query, Relation, StageId, StageKind};
use std::collections::HashSet;
use std::sync::Arc;

impl Node {
    /// The inputs of the node.
    pub fn inputs(&self) -> Vec<&Arc<Node>> {
        match self {
            Node::Nothing
            | Node::Memory { .. }
            | Node::Stage { .. }
            | Node::Scan { .. }
            | Node::Values { .. }
            | Node::Range { .. } => Vec::new(),
            Node::Probe { input, .. }
            | Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Limit { input, .. }
            | Node::Aggregate { input, .. }
            | Node::FirstOf { input, .. }
            | Node::Window { input, .. }
            | Node::Extract { input, .. }
            | Node::MvExpand { input, .. } => vec![input],
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs, .. } => inputs.iter().collect(),
        }
    }

    /// Calls `f` with the node's own expressions, except those of a projection that only pass a column on.
    pub fn expressions(&self, f: &mut dyn FnMut(&Expr)) {
        match self {
            Node::Nothing
            | Node::Memory { .. }
            | Node::Stage { .. }
            | Node::Scan { .. }
            | Node::Probe { .. }
            | Node::Union { .. } => {}
            Node::Values { rows, .. } => rows.iter().flatten().for_each(f),
            Node::Range { bounds, .. } => bounds.iter().for_each(f),
            Node::Window { calls, .. } => calls.iter().flat_map(|c| &c.args).for_each(f),
            Node::Extract { value, .. } => f(value),
            Node::Filter { predicate, .. } => f(predicate),
            Node::Project { columns, .. } => columns.iter().filter(|c| !is_handed_on(c)).for_each(|(_, e)| f(e)),
            Node::Limit { count, .. } => f(count),
            Node::Aggregate { groups, aggregates, .. } => {
                groups.iter().for_each(|(_, e)| f(e));
                aggregates.iter().flat_map(|a| &a.args).for_each(f);
            }
            Node::Join { on, .. } => on.iter().for_each(|(l, r)| {
                f(l);
                f(r);
            }),
            Node::FirstOf { keys, .. } => keys.iter().for_each(f),
            Node::MvExpand { columns, limit, .. } => {
                columns.iter().for_each(|c| f(&c.value));
                limit.iter().for_each(f);
            }
        }
    }

    /// The order that the node observes.
    pub fn observed_order(&self) -> &[OrderKey] {
        match self {
            Node::Limit { order, .. }
            | Node::Aggregate { order, .. }
            | Node::Window { order, .. }
            | Node::FirstOf { order, .. } => order,
            _ => &[],
        }
    }

    /// The node with other inputs; the same node if the inputs are the same.
    pub fn map_inputs(self: &Arc<Node>, f: &dyn Fn(&Arc<Node>) -> Arc<Node>) -> Arc<Node> {
        let one = |input: &Arc<Node>| {
            let new = f(input);
            (!Arc::ptr_eq(&new, input)).then_some(new)
        };
        let replaced = match &**self {
            Node::Nothing
            | Node::Memory { .. }
            | Node::Stage { .. }
            | Node::Scan { .. }
            | Node::Values { .. }
            | Node::Range { .. } => None,
            Node::Window { input, order, partition, row, calls } => one(input).map(|input| Node::Window {
                input,
                order: order.clone(),
                partition: partition.clone(),
                row: *row,
                calls: calls.clone(),
            }),
            Node::Extract { input, value, extractor, columns, matched } => one(input).map(|input| Node::Extract {
                input,
                value: value.clone(),
                extractor: extractor.clone(),
                columns: columns.clone(),
                matched: *matched,
            }),
            Node::Probe { input, step } => one(input).map(|input| Node::Probe { input, step: *step }),
            Node::Filter { input, predicate } => {
                one(input).map(|input| Node::Filter { input, predicate: predicate.clone() })
            }
            Node::Project { input, columns } => {
                one(input).map(|input| Node::Project { input, columns: columns.clone() })
            }
            Node::Limit { input, count, order, partition } => one(input).map(|input| Node::Limit {
                input,
                count: count.clone(),
                order: order.clone(),
                partition: partition.clone(),
            }),
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
        replaced.map_or_else(|| self.clone(), Arc::new)
    }
}

/// The subqueries that relations use, directly or through other subqueries of `query`.
pub fn stages_of<'r>(query: &Query, relations: impl IntoIterator<Item = &'r Relation>) -> HashSet<StageId> {
    let mut needed = HashSet::new();
    let mut seen = HashSet::new();
    let mut pending: Vec<&Arc<Node>> = relations.into_iter().map(|r| &r.node).collect();
    while let Some(node) = pending.pop() {
        if !seen.insert(Arc::as_ptr(node)) {
            continue;
        }
        let mut found = Vec::new();
        if let Node::Stage { stage, .. } = &**node {
            found.push(*stage);
        }
        node.expressions(&mut |e| add_stages(e, &mut found));
        while let Some(stage) = found.pop() {
            if !needed.insert(stage) {
                continue;
            }
            for stage in query.stages.iter().filter(|s| s.id == stage) {
                pending.push(&stage.relation.node);
                if let StageKind::Table(Some(function)) = &stage.kind {
                    function.expressions(&mut |e| add_stages(e, &mut found));
                }
            }
        }
        pending.extend(node.inputs());
    }
    needed
}

/// The subqueries that an expression uses.
fn add_stages(e: &Expr, found: &mut Vec<StageId>) {
    e.walk(&mut |e| {
        if let ExprKind::Stage(stage) = e.kind {
            found.push(stage);
        }
    });
}

/// Whether a column of a projection is a column of its input, unchanged.
pub fn is_handed_on((id, e): &(ColumnId, Expr)) -> bool {
    matches!(e.kind, super::ExprKind::Column(c) if c == *id)
}

/// Calls `f` with each node of the query, once.
pub fn each_node(query: &Query, f: &mut dyn FnMut(&Node)) {
    let mut seen = HashSet::new();
    let relations = query.stages.iter().map(|stage| &stage.relation).chain(&query.results);
    let mut pending: Vec<&Arc<Node>> = relations.map(|relation| &relation.node).collect();
    while let Some(node) = pending.pop() {
        if seen.insert(Arc::as_ptr(node)) {
            f(node);
            pending.extend(node.inputs());
        }
    }
}
