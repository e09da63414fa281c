//! Columns of a wide result that have the same value in every row are filled in after the run.
//!
//! `search *` has the columns of all tables, but only few tables have rows: the other columns are empty, and the cost of
//! DataFusion's planning is quadratic in the number of columns.

use crate::plan::{ColumnId, ExprKind, Node, Relation};
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Results with fewer columns are not changed.
const WIDE: usize = 200;

type Constants = HashMap<ColumnId, Value>;

/// Records the constant columns of a wide result.
pub(super) fn apply(relation: &mut Relation) {
    if relation.columns.len() < WIDE {
        return;
    }
    let mut found = of(&relation.node);
    let visible: HashSet<ColumnId> = relation.columns.iter().map(|c| c.id).collect();
    found.retain(|id, _| visible.contains(id));
    // a plan has at least one column
    if relation.columns.iter().all(|c| found.contains_key(&c.id))
        && let Some(first) = relation.columns.first()
    {
        found.remove(&first.id);
    }
    relation.constants = Arc::new(found);
}

/// The constant columns of a plan.
fn of(node: &Node) -> Constants {
    match node {
        Node::Project { input, columns } => {
            let below = of(input);
            let constant = |kind: &ExprKind| match kind {
                ExprKind::Constant(value) => Some(value.clone()),
                ExprKind::Column(from) => below.get(from).cloned(),
                _ => None,
            };
            columns.iter().filter_map(|(id, e)| Some((*id, constant(&e.kind)?))).collect()
        }
        Node::Probe { input, .. } | Node::Filter { input, .. } | Node::Limit { input, .. } => of(input),
        Node::Union { inputs, columns } => {
            // in how many legs a column is, and its value there if it is the same in all rows so far
            let mut seen: HashMap<ColumnId, (usize, Option<Value>)> = HashMap::new();
            for input in inputs {
                let constants = of(input);
                for (id, _) in input.columns() {
                    let own = constants.get(&id);
                    let (legs, value) = seen.entry(id).or_insert_with(|| (0, own.cloned()));
                    *legs += 1;
                    value.take_if(|value| own != Some(value));
                }
            }
            let mut constant = |id, ty| match seen.remove(&id) {
                None => Some(Value::missing(ty)),
                Some((legs, value)) => value.filter(|value| legs == inputs.len() || *value == Value::missing(ty)),
            };
            columns.iter().filter_map(|(id, ty)| Some((*id, constant(*id, *ty)?))).collect()
        }
        // without rows, any value is correct
        Node::Values { columns, rows } if rows.is_empty() => {
            columns.iter().map(|c| (c.id, Value::missing(c.ty))).collect()
        }
        _ => Constants::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanColumn;
    use crate::types::ScalarType;

    #[test]
    fn no_rows_leave_one_column_to_plan() {
        let column = |n: usize| PlanColumn {
            id: ColumnId(n as u32),
            name: format!("c{n}"),
            ty: if n.is_multiple_of(2) { ScalarType::String } else { ScalarType::Long },
        };
        let columns: Vec<PlanColumn> = (0..WIDE).map(column).collect();
        let node = Arc::new(Node::Values { columns: columns.clone(), rows: Vec::new() });
        let mut relation = Relation { node, columns, ..Relation::default() };
        apply(&mut relation);
        assert_eq!(relation.constants.len(), WIDE - 1);
        assert_eq!(relation.constants.get(&ColumnId(2)), Some(&Value::Text(String::new())));
        assert_eq!(relation.constants.get(&ColumnId(3)), Some(&Value::Null));
    }
}
