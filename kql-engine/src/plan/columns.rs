//! The columns that a node has, and the ids of new ones.

use super::{ColumnId, Node, PlanColumn};
use crate::types::ScalarType;

/// Creates unique column ids.
#[derive(Debug, Default)]
pub struct ColumnIds {
    last: u32,
}

impl ColumnIds {
    /// A new id.
    pub fn fresh(&mut self) -> ColumnId {
        self.last += 1;
        ColumnId(self.last)
    }

    /// A new column.
    pub fn column(&mut self, name: impl Into<String>, ty: ScalarType) -> PlanColumn {
        PlanColumn { id: self.fresh(), name: name.into(), ty }
    }
}

impl Node {
    /// The columns of its rows, including hidden ones.
    pub fn columns(&self) -> Vec<(ColumnId, ScalarType)> {
        let of = |columns: &[PlanColumn]| columns.iter().map(|c| (c.id, c.ty)).collect::<Vec<_>>();
        match self {
            Node::Nothing => Vec::new(),
            Node::Scan { columns, .. }
            | Node::Values { columns, .. }
            | Node::Memory { columns, .. }
            | Node::Stage { columns, .. } => of(columns),
            Node::Window { input, row, calls, .. } => {
                let mut all = input.columns();
                all.push((*row, ScalarType::Long));
                all.extend(calls.iter().map(|c| (c.id, c.ty)));
                all
            }
            Node::Extract { input, columns, matched, .. } => {
                let mut all = input.columns();
                all.extend(columns.iter().copied());
                all.push((*matched, ScalarType::Bool));
                all
            }
            Node::Range { column, row, .. } => vec![(column.id, column.ty), (*row, ScalarType::Long)],
            Node::Probe { input, .. } | Node::Filter { input, .. } | Node::Limit { input, .. } => input.columns(),
            Node::Project { columns, .. } => columns.iter().map(|(id, e)| (*id, e.ty)).collect(),
            Node::Aggregate { groups, aggregates, .. } => {
                let keys = groups.iter().map(|(id, e)| (*id, e.ty));
                keys.chain(aggregates.iter().flat_map(|a| a.outputs.iter().copied())).collect()
            }
            Node::Join { kind, left, right, .. } => {
                use super::JoinKind as J;
                match kind {
                    J::LeftSemi | J::LeftAnti => left.columns(),
                    J::RightSemi | J::RightAnti => right.columns(),
                    _ => left.columns().into_iter().chain(right.columns()).collect(),
                }
            }
            Node::FirstOf { columns, .. } | Node::Union { columns, .. } => columns.clone(),
            Node::MvExpand { input, columns, index, .. } => {
                let mut all = input.columns();
                all.extend(columns.iter().map(|c| (c.id, c.ty)));
                all.push((*index, ScalarType::Long));
                all
            }
        }
    }

    /// The type of one of its columns; unknown if it has no column with this id.
    pub fn column_type(&self, id: ColumnId) -> ScalarType {
        self.columns().iter().find(|(c, _)| *c == id).map_or(ScalarType::Unknown, |(_, ty)| *ty)
    }
}
