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
    let rebuilt = n.map_inputs(&node);
    filter_below_innerunique::apply(&rebuilt).unwrap_or(rebuilt)
}
