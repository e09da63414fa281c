//! Queries that treat the rows of a table one by one.

use super::{JoinKind, Node, Query, StageId};
use std::collections::HashSet;
use std::sync::Arc;

/// Whether each row of the results is made from one row of the table alone, and no other row of it changes that.
pub(crate) fn is_row_by_row(query: &Query, table: &str) -> bool {
    // what a subquery makes of the table can change every row
    let reads = |id: &StageId| query.stages.iter().any(|s| s.id == *id && reads(&s.relation.node, table));
    let of_table: HashSet<StageId> = query.stages.iter().map(|s| s.id).filter(reads).collect();
    if !of_table.is_empty() || !query.computed.is_empty() {
        return false;
    }
    query.results.iter().all(|relation| is_local(&relation.node, table))
}

fn reads(node: &Arc<Node>, table: &str) -> bool {
    match &**node {
        Node::Scan { table: own, .. } => own == table,
        node => node.inputs().into_iter().any(|input| reads(input, table)),
    }
}

fn is_local(node: &Arc<Node>, table: &str) -> bool {
    if !reads(node, table) {
        return true;
    }
    match &**node {
        Node::Scan { .. } => true,
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Extract { input, .. }
        | Node::Probe { input, .. }
        | Node::MvExpand { input, .. } => is_local(input, table),
        Node::Union { inputs, .. } => inputs.iter().all(|input| is_local(input, table)),
        Node::Join { kind, left, right, .. } => {
            let kept = match (reads(left, table), reads(right, table)) {
                (true, false) => {
                    matches!(kind, JoinKind::Inner | JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti)
                }
                (false, true) => {
                    matches!(kind, JoinKind::Inner | JoinKind::RightOuter | JoinKind::RightSemi | JoinKind::RightAnti)
                }
                _ => false,
            };
            kept && is_local(left, table) && is_local(right, table)
        }
        _ => false,
    }
}
