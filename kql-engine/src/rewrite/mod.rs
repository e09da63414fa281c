//! Rewrites that depend on KQL's semantics, one file each, with its reason. They run over the plan before it is lowered.

mod constant_columns;
mod filter_below_innerunique;
mod null_literals;
mod prune_columns;
mod stable_row_order;

use crate::plan::{Node, Query, Relation, Stage, StageKind};
use std::sync::Arc;

/// Applies every rewrite to every result and subquery.
pub fn rewrite(query: &mut Query) {
    query.results.iter_mut().for_each(constant_columns::apply);
    query.stages.iter_mut().for_each(rewrite_stage);
    query.results.iter_mut().for_each(rewrite_relation);
}

/// Applies every rewrite to a subquery.
pub fn rewrite_stage(stage: &mut Stage) {
    // its rows are used one by one, or only the first one
    if !matches!(stage.kind, StageKind::List) {
        stable_row_order::order(&mut stage.relation);
    }
    rewrite_relation(&mut stage.relation);
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
