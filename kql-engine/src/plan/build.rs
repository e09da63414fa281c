//! Plan nodes that many operators use.

use super::{ColumnId, ColumnIds, Expr, ExprKind, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;
use std::collections::HashSet;
use std::sync::Arc;

/// `input` with only these columns, followed by those that its rows are ordered by, those of its parts, and unlisted
/// ones.
pub fn project(input: &Relation, mut columns: Vec<(ColumnId, Expr)>) -> Arc<Node> {
    for key in &input.order {
        if columns.iter().all(|(id, _)| *id != key.column) {
            let ty = input.node.column_type(key.column);
            let kind = ExprKind::Column(key.column);
            columns.push((key.column, Expr { kind, ty, span: Span::default() }));
        }
    }
    for column in input.partition.iter().flat_map(|p| p.keys.iter().chain(&p.carried)).chain(&input.hidden) {
        if columns.iter().all(|(id, _)| *id != column.id) {
            columns.push((column.id, Expr::column(column, Span::default())));
        }
    }
    Arc::new(Node::Project { input: input.node.clone(), columns })
}

/// The columns of a relation as a projection that changes nothing.
pub fn identity(columns: &[PlanColumn]) -> Vec<(ColumnId, Expr)> {
    columns.iter().map(|c| (c.id, Expr::column(c, Span::default()))).collect()
}

/// The columns followed by the added ones; an added one replaces a column with the same name.
pub fn replaced(columns: &[PlanColumn], added: &[PlanColumn]) -> Vec<PlanColumn> {
    let placed = columns.iter().map(|c| added.iter().find(|a| a.name == c.name).unwrap_or(c));
    let new = added.iter().filter(|a| columns.iter().all(|c| c.name != a.name));
    placed.chain(new).cloned().collect()
}

/// The left columns, then the right ones; a right column whose name exists on the left gets a number.
pub fn side_by_side(left: &[PlanColumn], right: Vec<PlanColumn>) -> Vec<PlanColumn> {
    let mut columns = left.to_vec();
    let mut taken: HashSet<String> = left.iter().map(|c| c.name.clone()).collect();
    let own: HashSet<String> = right.iter().map(|c| c.name.clone()).collect();
    for mut column in right {
        if taken.contains(&column.name) {
            // the new name must not be that of another right column either
            let name = column.name.clone();
            let mut i = 0;
            while taken.contains(&column.name) || own.contains(&column.name) {
                i += 1;
                column.name = format!("{name}{i}");
            }
        }
        taken.insert(column.name.clone());
        columns.push(column);
    }
    columns
}

/// The first rows of `input`; inside `mv-apply` and `partition`, those of each part.
pub fn limit(input: Relation, count: Expr) -> Relation {
    let partition = input.partition.iter().flat_map(|p| p.keys.iter().map(|k| k.id)).collect();
    let node = Node::Limit { input: input.node.clone(), count, order: input.order.clone(), partition };
    Relation { node: Arc::new(node), ..input }
}

/// A relation with the same columns under new ids, so that it can be combined with itself.
pub fn with_new_ids(ids: &mut ColumnIds, input: &Relation) -> Relation {
    let columns: Vec<PlanColumn> = input.columns.iter().map(|c| PlanColumn { id: ids.fresh(), ..c.clone() }).collect();
    let hidden: Vec<PlanColumn> = input.hidden.iter().map(|c| PlanColumn { id: ids.fresh(), ..c.clone() }).collect();
    let new = columns.iter().chain(&hidden);
    let pairs = new.zip(input.nameable()).map(|(new, old)| (new.id, Expr::column(old, Span::default())));
    Relation {
        node: Arc::new(Node::Project { input: input.node.clone(), columns: pairs.collect() }),
        columns,
        hidden,
        open: input.open,
        origin: input.origin,
        name: input.name.clone(),
        dropped: input.dropped.clone(),
        ..Relation::default()
    }
}

/// The value of a column that a row's table lacks, as a constant.
pub fn missing(ty: ScalarType) -> Expr {
    Expr::constant(Value::missing(ty), ty, Span::default())
}
