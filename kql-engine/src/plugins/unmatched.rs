//! Shared by the look-up plugins: the matched rows, and on request the unmatched ones.

use crate::bind::Binder;
use crate::plan::{Expr, ExprKind, JoinKind, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::Span;
use std::sync::Arc;

/// The rows of `found`, and those of `numbered` that are not among them, with empty columns of the table.
pub fn with_unmatched(
    binder: &mut Binder,
    numbered: &Relation,
    found: Node,
    columns: Vec<PlanColumn>,
    added: &[PlanColumn],
    span: Span,
) -> Relation {
    let matched = crate::plan::identity(&columns);
    let matched = Arc::new(Node::Project { input: Arc::new(found.clone()), columns: matched });
    let Some(row) = numbered.order.last().map(|k| k.column) else {
        return Relation { node: matched, columns, ..Relation::default() };
    };
    let row = PlanColumn { id: row, name: String::new(), ty: ScalarType::Long };
    let seen = binder.new_id();
    let seen_rows = Arc::new(Node::Aggregate {
        input: Arc::new(found),
        groups: vec![(seen, Expr::column(&row, span))],
        aggregates: Vec::new(),
        order: Vec::new(),
    });
    let seen = Expr { kind: ExprKind::Column(seen), ty: ScalarType::Long, span };
    let rest = Node::Join {
        kind: JoinKind::LeftAnti,
        left: numbered.node.clone(),
        right: seen_rows,
        on: vec![(Expr::column(&row, span), seen)],
    };
    let rest_columns = columns
        .iter()
        .map(|c| {
            let is_added = added.iter().any(|a| a.id == c.id);
            (c.id, if is_added { crate::plan::missing(c.ty) } else { Expr::column(c, span) })
        })
        .collect();
    let rest = Arc::new(Node::Project { input: Arc::new(rest), columns: rest_columns });
    let node = Node::Union { inputs: vec![matched, rest], columns: columns.iter().map(|c| (c.id, c.ty)).collect() };
    Relation { node: Arc::new(node), columns, ..Relation::default() }
}
