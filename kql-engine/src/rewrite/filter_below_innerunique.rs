//! Moves a filter after `join kind=innerunique` on columns of the left side below the deduplication.
//!
//! The service pushes such a filter down before it keeps one left row for each key, which changes the result: of two
//! rows with the same key, the one that passes the filter is found even if the other comes first.

use crate::functions::operators;
use crate::plan::{ColumnId, Expr, ExprKind, JoinKind, Node};
use crate::types::ScalarType;
use kql_parser::ast::BinaryOp;
use std::sync::Arc;

/// The rewritten node, if the rule applies.
pub(super) fn apply(n: &Arc<Node>) -> Option<Arc<Node>> {
    let Node::Filter { input, predicate } = &**n else { return None };
    let mut conjuncts = Vec::new();
    split(predicate, &mut conjuncts);
    let (pushed, kept) = push(input, conjuncts)?;
    Some(match join_all(kept) {
        Some(predicate) => Arc::new(Node::Filter { input: pushed, predicate }),
        None => pushed,
    })
}

/// The node with the conditions that can be pushed below its deduplication, and the remaining conditions.
fn push(n: &Arc<Node>, conjuncts: Vec<Expr>) -> Option<(Arc<Node>, Vec<Expr>)> {
    match &**n {
        Node::Probe { input, step } => {
            let (pushed, kept) = push(input, conjuncts)?;
            Some((Arc::new(Node::Probe { input: pushed, step: *step }), kept))
        }
        Node::Filter { input, predicate } => {
            let (pushed, kept) = push(input, conjuncts)?;
            Some((Arc::new(Node::Filter { input: pushed, predicate: predicate.clone() }), kept))
        }
        Node::Project { input, columns } => {
            // only conditions on columns that pass through unchanged are moved
            let through = |id: ColumnId| columns.iter().any(|(c, e)| *c == id && e.kind == ExprKind::Column(id));
            let (below, mut above): (Vec<Expr>, Vec<Expr>) =
                conjuncts.into_iter().partition(|c| columns_of(c).into_iter().all(through));
            let (pushed, mut kept) = push(input, below)?;
            above.append(&mut kept);
            Some((Arc::new(Node::Project { input: pushed, columns: columns.clone() }), above))
        }
        Node::Join { kind: JoinKind::Inner, left, right, on } => {
            let Node::FirstOf { input, keys, columns, order } = without_probes(left) else { return None };
            let of_left = |id: ColumnId| columns.iter().any(|(c, _)| *c == id);
            let (below, above): (Vec<Expr>, Vec<Expr>) =
                conjuncts.into_iter().partition(|c| columns_of(c).into_iter().all(of_left));
            let predicate = join_all(below)?;
            let filtered = Arc::new(Node::Filter { input: input.clone(), predicate });
            let first =
                Node::FirstOf { input: filtered, keys: keys.clone(), columns: columns.clone(), order: order.clone() };
            let join =
                Node::Join { kind: JoinKind::Inner, left: Arc::new(first), right: right.clone(), on: on.clone() };
            Some((Arc::new(join), above))
        }
        _ => None,
    }
}

/// The node below those that only count its rows.
fn without_probes(node: &Node) -> &Node {
    match node {
        Node::Probe { input, .. } => without_probes(input),
        node => node,
    }
}

fn columns_of(e: &Expr) -> Vec<ColumnId> {
    let mut columns = Vec::new();
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind {
            columns.push(id);
        }
    });
    columns
}

fn split(e: &Expr, out: &mut Vec<Expr>) {
    match &e.kind {
        ExprKind::Call(function, args) if *function == &operators::AND => args.iter().for_each(|a| split(a, out)),
        _ => out.push(e.clone()),
    }
}

fn join_all(conjuncts: Vec<Expr>) -> Option<Expr> {
    conjuncts.into_iter().reduce(|a, b| {
        let span = a.span;
        Expr::call(operators::binary(BinaryOp::And), vec![a, b], ScalarType::Bool, span)
    })
}
