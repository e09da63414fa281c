//! What a query needs to have any row: if the data has not, it does not run.
//!
//! The answer errs on one side: what is said to need something has no row without it; what is not understood needs nothing.

use crate::functions::operators::{self, texts_required_by};
use crate::plan::{ColumnId, Expr, ExprKind, JoinKind, Node, PlanColumn, Query, StageKind, is_handed_on};
use crate::types::ScalarType;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nodes that are looked at; a query can name the same part many times.
const MOST: usize = 20_000;

/// What rows need.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Needs {
    /// There may be rows whatever the data is.
    Nothing,
    /// One of them, each of which gives rows by itself; without any, there are none.
    One(Vec<Needs>),
    /// All of them.
    All(Vec<Needs>),
    /// Rows of a table, and, for each of these columns, one of the texts in some row of it.
    Rows {
        /// The table.
        table: String,
        /// The columns and the texts.
        texts: Vec<(String, Vec<String>)>,
    },
}

/// Whether a table may have rows, with these texts in these columns.
pub(super) type MayHave<'a> = dyn Fn(&str, &[(String, Vec<String>)]) -> bool + 'a;

/// Texts of which one is in a column of each row.
type Required = Vec<(ColumnId, Vec<String>)>;

impl Needs {
    /// Those of a query.
    pub(super) fn of(query: &Query) -> Needs {
        if !query.computed.is_empty() || query.results.iter().any(|result| result.open) {
            return Needs::Nothing;
        }
        let mut seeker = Seeker { query, left: MOST };
        let of = query.results.iter().map(|result| seeker.node(&result.node, Vec::new())).collect();
        one(of)
    }

    /// Whether there can be rows, if `has` says whether a table may have rows, and texts in them.
    pub(super) fn can_be_met(&self, has: &MayHave) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::One(parts) => parts.iter().any(|part| part.can_be_met(has)),
            Needs::All(parts) => parts.iter().all(|part| part.can_be_met(has)),
            Needs::Rows { table, texts } => has(table, texts),
        }
    }

    /// Adds the texts that are looked for, for each table and column.
    pub(super) fn texts(&self, into: &mut BTreeMap<(String, String), Vec<String>>) {
        match self {
            Needs::Nothing => {}
            Needs::One(parts) | Needs::All(parts) => parts.iter().for_each(|part| part.texts(into)),
            Needs::Rows { table, texts } => {
                for (column, texts) in texts {
                    into.entry((table.clone(), column.clone())).or_default().extend(texts.iter().cloned());
                }
            }
        }
    }
}

fn one(parts: Vec<Needs>) -> Needs {
    if parts.contains(&Needs::Nothing) { Needs::Nothing } else { Needs::One(parts) }
}

fn all(parts: Vec<Needs>) -> Needs {
    let mut parts: Vec<Needs> = parts.into_iter().filter(|part| *part != Needs::Nothing).collect();
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Needs::Nothing,
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            Needs::All(parts)
        }
    }
}

struct Seeker<'q> {
    query: &'q Query,
    left: usize,
}

impl Seeker<'_> {
    /// What rows of a node need that have the required texts.
    fn node(&mut self, node: &Arc<Node>, mut required: Required) -> Needs {
        let Some(left) = self.left.checked_sub(1) else { return Needs::Nothing };
        self.left = left;
        match &**node {
            Node::Nothing => Needs::One(Vec::new()),
            Node::Memory { .. } | Node::Values { .. } | Node::Range { .. } => Needs::Nothing,
            Node::Stage { stage, columns } => {
                let Some(stage) = self.query.stages.iter().find(|own| own.id == *stage) else { return Needs::Nothing };
                let relation = &stage.relation;
                match &stage.kind {
                    // its columns are by position
                    StageKind::Table(None) => {
                        let renamed = |(id, texts): (ColumnId, Vec<String>)| {
                            let at = columns.iter().position(|column| column.id == id)?;
                            Some((relation.columns.get(at)?.id, texts))
                        };
                        let required = if relation.constants.is_empty() {
                            required.into_iter().filter_map(renamed).collect()
                        } else {
                            Vec::new()
                        };
                        self.node(&relation.node, required)
                    }
                    _ => Needs::Nothing,
                }
            }
            Node::Scan { table, columns } => Needs::Rows { table: table.clone(), texts: of_table(columns, required) },
            Node::Filter { input, predicate } => {
                conditions(predicate, &mut required);
                self.node(input, required)
            }
            Node::Project { input, columns } => self.node(input, through(columns, required)),
            Node::Aggregate { input, groups, .. } => {
                if groups.is_empty() {
                    return Needs::Nothing;
                }
                self.node(input, through(groups, required))
            }
            Node::Probe { input, .. }
            | Node::Limit { input, .. }
            | Node::FirstOf { input, .. }
            | Node::Window { input, .. }
            | Node::Extract { input, .. }
            | Node::MvExpand { input, .. } => self.node(input, required),
            Node::Union { inputs, .. } => one(inputs.iter().map(|input| self.node(input, required.clone())).collect()),
            Node::Join { kind, left, right, .. } => {
                let left = |seeker: &mut Self| seeker.node(left, required.clone());
                let right = |seeker: &mut Self| seeker.node(right, required.clone());
                match kind {
                    JoinKind::Inner | JoinKind::LeftSemi | JoinKind::RightSemi => all(vec![left(self), right(self)]),
                    JoinKind::LeftOuter | JoinKind::LeftAnti => left(self),
                    JoinKind::RightOuter | JoinKind::RightAnti => right(self),
                    JoinKind::FullOuter => one(vec![left(self), right(self)]),
                }
            }
        }
    }
}

/// The column of an expression that is one, or its text in lower or upper case.
fn column_of(e: &Expr) -> Option<ColumnId> {
    match &e.kind {
        ExprKind::Column(id) => Some(*id),
        ExprKind::Call(function, args) if operators::keeps_letters(function) => match args.as_slice() {
            [Expr { kind: ExprKind::Column(id), ty: ScalarType::String, .. }] => Some(*id),
            _ => None,
        },
        _ => None,
    }
}

/// What is required of columns that come from below unchanged.
fn through(columns: &[(ColumnId, Expr)], required: Required) -> Required {
    let below = |(id, texts): (ColumnId, Vec<String>)| {
        let column = columns.iter().find(|(own, _)| *own == id)?;
        let from = if is_handed_on(column) { id } else { column_of(&column.1)? };
        Some((from, texts))
    };
    required.into_iter().filter_map(below).collect()
}

fn of_table(columns: &[PlanColumn], required: Required) -> Vec<(String, Vec<String>)> {
    let named = |(id, texts): (ColumnId, Vec<String>)| {
        let column = columns.iter().find(|column| column.id == id)?;
        Some((column.name.clone(), texts))
    };
    required.into_iter().filter_map(named).collect()
}

/// Adds what the conditions require that a predicate is made of.
fn conditions(predicate: &Expr, required: &mut Required) {
    let ExprKind::Call(function, args) = &predicate.kind else { return };
    if *function == &operators::AND {
        args.iter().for_each(|arg| conditions(arg, required));
    } else {
        required.extend(one_of(predicate));
    }
}

/// The column, and the texts of which one is in it where the condition is true.
fn one_of(condition: &Expr) -> Option<(ColumnId, Vec<String>)> {
    let ExprKind::Call(function, args) = &condition.kind else { return None };
    if *function == &operators::OR {
        let mut both = args.iter().map(one_of);
        let (column, mut texts) = both.next()??;
        for arm in both {
            let (other, more) = arm?;
            if other != column {
                return None;
            }
            texts.extend(more);
        }
        return Some((column, texts));
    }
    let (first, constants) = args.split_first()?;
    // a == "x", and "x" == a
    let (value, constants) = match (&first.kind, constants) {
        (ExprKind::Constant(_), [other]) if *function == &operators::EQUAL => (other, vec![first]),
        (_, constants) => (first, constants.iter().collect()),
    };
    let column = column_of(value)?;
    let types = std::iter::once(value.ty).chain(constants.iter().map(|arg| arg.ty)).collect();
    let values: Option<Vec<Option<Value>>> = constants
        .iter()
        .map(|arg| match &arg.kind {
            ExprKind::Constant(value) => Some(Some(value.clone())),
            _ => None,
        })
        .collect();
    let constants = std::iter::once(None).chain(values?).collect();
    Some((column, texts_required_by(function, types, constants)?))
}
