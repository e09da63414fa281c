//! Rewrites that depend on KQL's semantics, one file each, with its reason. They run over the plan before it is lowered.

mod constant_columns;
mod filter_below_innerunique;
mod null_literals;
mod prune_columns;
mod stable_row_order;

use crate::plan::{Node, Query, Relation, StageKind};
use std::sync::Arc;

/// Applies every rewrite to every result and subquery.
pub fn rewrite(query: &mut Query) {
    query.results.iter_mut().for_each(constant_columns::apply);
    for stage in &mut query.stages {
        // its rows are used one by one, or only the first one
        if !matches!(stage.kind, StageKind::List) {
            stable_row_order::order(&mut stage.relation);
        }
    }
    query.stages.iter_mut().map(|s| &mut s.relation).chain(&mut query.results).for_each(rewrite_relation);
}

/// Applies every rewrite to a relation.
pub fn rewrite_relation(relation: &mut Relation) {
    relation.node = node(&relation.node);
    stable_row_order::apply(relation);
    relation.node = prune_columns::apply(relation);
}

fn node(n: &Arc<Node>) -> Arc<Node> {
    let rebuilt = n.map_inputs(&node);
    let rebuilt = filter_below_innerunique::apply(&rebuilt).unwrap_or(rebuilt);
    null_literals::apply(&rebuilt).unwrap_or(rebuilt)
}
