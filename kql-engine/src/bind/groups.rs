//! Groups and aggregates over a relation.

use crate::aggregates::TAKE_ANY;
use crate::plan::{Aggregate, ColumnId, Expr, Node, Relation};
use kql_parser::Span;
use std::sync::Arc;

/// Groups and aggregates over `input`; inside `mv-apply` and `partition`, separately for each part.
pub fn grouped(input: &Relation, mut groups: Vec<(ColumnId, Expr)>, mut aggregates: Vec<Aggregate>) -> Arc<Node> {
    if let Some(partition) = &input.partition {
        groups.extend(partition.keys.iter().map(|k| (k.id, Expr::column(k, Span::default()))));
        aggregates.extend(partition.carried.iter().map(|c| Aggregate {
            function: &TAKE_ANY,
            args: vec![Expr::column(c, Span::default())],
            ty: c.ty,
            outputs: vec![(c.id, c.ty)],
            span: Span::default(),
        }));
    }
    Arc::new(Node::Aggregate { input: input.node.clone(), groups, aggregates, order: input.order.clone() })
}
