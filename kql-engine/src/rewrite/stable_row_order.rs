//! If a result depends on which row comes first and the query defines no order, the rows get the order of the input.
//!
//! Kusto does not define which row `take 1` returns, which one of several `innerunique` keeps, and the order of the
//! elements of `make_set()`. Here the first row of the files is the first, whatever the batch sizes and the number of
//! partitions: a test of a query has one result. Rows of a table are numbered when they are scanned, those of a join have
//! the positions of both sides, those of a union come leg by leg, and a group is at the position of its first row.

use crate::aggregates::TAKE_ANY;
use crate::plan::{
    Aggregate, ColumnId, Expr, ExprKind, JoinKind, Node, Order, OrderKey, PlanColumn, ROW, Relation, missing,
};
use crate::registry::{AggregateFunction, Reduce};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Adds an order to the nodes that depend on one.
pub(super) fn apply(relation: &mut Relation) {
    let ordinals = RowOrdinals::beside(&relation.node);
    relation.node = ordinals.ordered(&relation.node);
}

/// Adds an order to the relation's own rows if it has none.
pub(super) fn order(relation: &mut Relation) {
    if !relation.order.is_empty() || is_one_row(&relation.node) {
        return;
    }
    let ordinals = RowOrdinals::beside(&relation.node);
    if let Some((node, ordinal)) = ordinals.with_ordinal(&relation.node, Groups::ByFirstRow) {
        relation.node = node;
        relation.order = by(&ordinal);
    }
}

/// Whether each row is a row of one table.
fn is_scan(node: &Node) -> bool {
    match node {
        Node::Scan { .. } => true,
        Node::Probe { input, .. }
        | Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Extract { input, .. } => is_scan(input),
        _ => false,
    }
}

fn is_one_row(node: &Node) -> bool {
    match node {
        Node::Aggregate { groups, .. } => groups.is_empty(),
        Node::Probe { input, .. } | Node::Project { input, .. } | Node::Filter { input, .. } => is_one_row(input),
        _ => false,
    }
}

/// Columns that identify a row, with their types.
type Ordinal = Vec<(ColumnId, ScalarType)>;

/// The order of groups.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Groups {
    /// By the position of the group's first row.
    ByFirstRow,
    /// By their keys, which costs nothing.
    ByKey,
}

/// A node before and after.
type Done = (Arc<Node>, Arc<Node>);

struct RowOrdinals {
    /// The greatest id so far.
    last: Cell<u32>,
    /// The result for each node. The node is kept so that its address is not reused: a part that is used twice stays one.
    done: RefCell<HashMap<*const Node, Done>>,
    /// The result of [`Self::with_ordinal`] for each node.
    placed: RefCell<HashMap<(*const Node, Groups), Placed>>,
}

/// A node that has columns that identify a row, and these columns.
#[derive(Clone)]
struct Placed {
    /// The node before, kept so that its address is not reused.
    of: Arc<Node>,
    node: Arc<Node>,
    ordinal: Ordinal,
}

fn by(ordinal: &[(ColumnId, ScalarType)]) -> Order {
    ordinal.iter().map(|(id, _)| OrderKey { column: *id, ascending: true, nulls_first: false }).collect()
}

fn column(id: ColumnId, ty: ScalarType) -> Expr {
    Expr { kind: ExprKind::Column(id), ty, span: Span::default() }
}

/// The order followed by the position, so that no two rows are equal.
fn then(order: &Order, ordinal: &Ordinal) -> Order {
    let more: Ordinal = ordinal.iter().filter(|(id, _)| order.iter().all(|k| k.column != *id)).copied().collect();
    order.iter().copied().chain(by(&more)).collect()
}

/// Whether the result depends on the order of the rows.
fn observes(function: &AggregateFunction) -> bool {
    match function.reduce {
        Reduce::Accumulator { ordered, .. } => ordered,
        Reduce::If(inner, _) => observes(inner),
        Reduce::Expr(_) => false,
    }
}

/// A projection; it is merged with a projection below it if that does not duplicate work: legs of a union are wide.
fn projected(input: Arc<Node>, columns: Vec<(ColumnId, Expr)>) -> Node {
    let Node::Project { input: below, columns: inner } = &*input else { return Node::Project { input, columns } };
    let inner: HashMap<ColumnId, &Expr> = inner.iter().map(|(id, e)| (*id, e)).collect();
    let mut used = HashSet::new();
    let merged: Option<Vec<(ColumnId, Expr)>> = columns
        .iter()
        .map(|(id, e)| match e.kind {
            ExprKind::Constant(_) => Some((*id, e.clone())),
            ExprKind::Column(from) => {
                let e = *inner.get(&from)?;
                // an expression must not be computed twice
                let free = matches!(e.kind, ExprKind::Column(_) | ExprKind::Constant(_)) || used.insert(from);
                free.then(|| (*id, e.clone()))
            }
            _ => None,
        })
        .collect();
    match merged {
        Some(columns) => Node::Project { input: below.clone(), columns },
        None => Node::Project { input, columns },
    }
}

impl RowOrdinals {
    /// For a plan whose columns keep their ids.
    fn beside(node: &Arc<Node>) -> RowOrdinals {
        let mut seen = HashSet::new();
        let mut waiting = vec![node];
        let mut last = 0;
        while let Some(node) = waiting.pop() {
            if seen.insert(Arc::as_ptr(node)) {
                last = node.columns().iter().map(|(id, _)| id.0).fold(last, u32::max);
                waiting.extend(node.inputs());
            }
        }
        RowOrdinals { last: Cell::new(last), done: RefCell::default(), placed: RefCell::default() }
    }

    fn new_id(&self) -> ColumnId {
        self.last.set(self.last.get() + 1);
        ColumnId(self.last.get())
    }

    fn ordered(&self, node: &Arc<Node>) -> Arc<Node> {
        let key = Arc::as_ptr(node);
        if let Some((_, done)) = self.done.borrow().get(&key) {
            return done.clone();
        }
        let below = node.map_inputs(&|input| self.ordered(input));
        let done = self.with_order(&below).map_or(below, Arc::new);
        self.done.borrow_mut().insert(key, (node.clone(), done.clone()));
        done
    }

    /// The node with an order, if it depends on one.
    fn with_order(&self, node: &Node) -> Option<Node> {
        let groups = Groups::ByFirstRow;
        match node {
            Node::Aggregate { input, groups: keys, aggregates, order }
                if aggregates.iter().any(|a| observes(a.function)) =>
            {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let order = then(order, &ordinal);
                Some(Node::Aggregate { input, groups: keys.clone(), aggregates: aggregates.clone(), order })
            }
            Node::Limit { input, count, order, partition } => {
                let sorted = !order.is_empty() && partition.is_empty();
                // among rows of a file with equal keys any is acceptable: a scan that stops early is worth more
                if sorted && is_scan(input) {
                    return None;
                }
                let (input, ordinal) = self.with_ordinal(input, if sorted { Groups::ByKey } else { groups })?;
                let order = then(order, &ordinal);
                Some(Node::Limit { input, count: count.clone(), order, partition: partition.clone() })
            }
            Node::FirstOf { input, keys, columns, order } => {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let order = then(order, &ordinal);
                Some(Node::FirstOf { input, keys: keys.clone(), columns: columns.clone(), order })
            }
            Node::Window { input, order, partition, row, calls } => {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let order = then(order, &ordinal);
                Some(Node::Window { input, order, partition: partition.clone(), row: *row, calls: calls.clone() })
            }
            _ => None,
        }
    }

    /// The node with columns that identify a row, and these columns; `None` if there are none.
    fn with_ordinal(&self, node: &Arc<Node>, groups: Groups) -> Option<(Arc<Node>, Ordinal)> {
        if let Some(placed) = self.placed.borrow().get(&(Arc::as_ptr(node), groups)) {
            return Some((placed.node.clone(), placed.ordinal.clone()));
        }
        let (placed, ordinal) = self.new_ordinal(node, groups)?;
        // the result has the columns already: steps that each need an order do not walk down to the tables again
        let mut all = self.placed.borrow_mut();
        for of in [node, &placed] {
            let placed = Placed { of: of.clone(), node: placed.clone(), ordinal: ordinal.clone() };
            all.insert((Arc::as_ptr(&placed.of), groups), placed);
        }
        Some((placed, ordinal))
    }

    fn new_ordinal(&self, node: &Arc<Node>, groups: Groups) -> Option<(Arc<Node>, Ordinal)> {
        Some(match &**node {
            Node::Nothing => (node.clone(), Vec::new()),
            Node::Memory { .. } => return None,
            Node::Stage { columns, .. } | Node::Values { columns, .. } => {
                (node.clone(), vec![(columns.last()?.id, ScalarType::Long)])
            }
            Node::Range { row, .. } => (node.clone(), vec![(*row, ScalarType::Long)]),
            Node::Scan { table, columns } => {
                if let Some(row) = columns.iter().find(|c| c.name == ROW) {
                    return Some((node.clone(), vec![(row.id, row.ty)]));
                }
                let row = PlanColumn { id: self.new_id(), name: ROW.to_owned(), ty: ScalarType::Long };
                let ordinal = vec![(row.id, row.ty)];
                let columns = columns.iter().cloned().chain([row]).collect();
                (Arc::new(Node::Scan { table: table.clone(), columns }), ordinal)
            }
            Node::Probe { .. }
            | Node::Filter { .. }
            | Node::Limit { .. }
            | Node::Window { .. }
            | Node::Extract { .. } => self.with_ordinal_below(node, groups)?,
            Node::MvExpand { index, .. } => {
                let (node, mut ordinal) = self.with_ordinal_below(node, groups)?;
                ordinal.push((*index, ScalarType::Long));
                (node, ordinal)
            }
            Node::Project { input, columns } => {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let known: Vec<ColumnId> = columns.iter().map(|(id, _)| *id).collect();
                let more = ordinal.iter().filter(|(id, _)| !known.contains(id)).map(|(id, ty)| (*id, column(*id, *ty)));
                let columns = columns.iter().cloned().chain(more).collect();
                (Arc::new(Node::Project { input, columns }), ordinal)
            }
            Node::Aggregate { groups: keys, .. } if keys.is_empty() || groups == Groups::ByKey => {
                (node.clone(), keys.iter().map(|(id, e)| (*id, e.ty)).collect())
            }
            Node::Aggregate { input, groups: keys, aggregates, order } => {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let order = then(order, &ordinal);
                // the position of the group's first row
                let outputs: Ordinal = ordinal.iter().map(|(_, ty)| (self.new_id(), *ty)).collect();
                let mut aggregates = aggregates.clone();
                aggregates.push(Aggregate {
                    function: &TAKE_ANY,
                    args: ordinal.iter().map(|(id, ty)| column(*id, *ty)).collect(),
                    ty: ScalarType::Long,
                    outputs: outputs.clone(),
                    span: Span::default(),
                });
                (Arc::new(Node::Aggregate { input, groups: keys.clone(), aggregates, order }), outputs)
            }
            Node::Join { kind, left, right, on } => {
                let of = |left, right| Arc::new(Node::Join { kind: *kind, left, right, on: on.clone() });
                match kind {
                    JoinKind::LeftSemi | JoinKind::LeftAnti => {
                        let (left, ordinal) = self.with_ordinal(left, groups)?;
                        (of(left, right.clone()), ordinal)
                    }
                    JoinKind::RightSemi | JoinKind::RightAnti => {
                        let (right, ordinal) = self.with_ordinal(right, groups)?;
                        (of(left.clone(), right), ordinal)
                    }
                    _ => {
                        let (left, mut ordinal) = self.with_ordinal(left, groups)?;
                        let (right, of_right) = self.renamed(right, groups)?;
                        ordinal.extend(of_right);
                        (of(left, right), ordinal)
                    }
                }
            }
            Node::FirstOf { input, keys, columns, order } => {
                let (input, ordinal) = self.with_ordinal(input, groups)?;
                let more = ordinal.iter().filter(|(id, _)| columns.iter().all(|(c, _)| c != id));
                let columns = columns.iter().chain(more).copied().collect();
                let order = then(order, &ordinal);
                (Arc::new(Node::FirstOf { input, keys: keys.clone(), columns, order }), ordinal)
            }
            Node::Union { inputs, columns } => {
                let legs = inputs.iter().map(|leg| self.with_ordinal(leg, groups)).collect::<Option<Vec<_>>>()?;
                // the leg, then the position in it: legs share the columns of a type
                let mut all: Ordinal = vec![(self.new_id(), ScalarType::Long)];
                let mut used = Vec::with_capacity(legs.len());
                for (_, ordinal) in &legs {
                    let mut taken: Vec<usize> = vec![0];
                    for (_, ty) in ordinal {
                        let free =
                            (0..all.len()).find(|i| !taken.contains(i) && all.get(*i).is_some_and(|c| c.1 == *ty));
                        taken.push(free.unwrap_or(all.len()));
                        if free.is_none() {
                            all.push((self.new_id(), *ty));
                        }
                    }
                    used.push(taken);
                }
                let mut placed = Vec::with_capacity(legs.len());
                for (n, (((leg, ordinal), input), taken)) in legs.into_iter().zip(inputs).zip(used).enumerate() {
                    let of_leg: HashSet<ColumnId> = input.columns().into_iter().map(|(id, _)| id).collect();
                    let own =
                        columns.iter().filter(|(id, _)| of_leg.contains(id)).map(|(id, ty)| (*id, column(*id, *ty)));
                    let of_ordinal = all.iter().enumerate().map(|(i, (id, ty))| {
                        let from = taken.iter().position(|t| *t == i).and_then(|at| ordinal.get(at.checked_sub(1)?));
                        let leg_number = || Expr::constant(Value::Long(n as i64), *ty, Span::default());
                        let value =
                            if i == 0 { leg_number() } else { from.map_or_else(|| missing(*ty), |c| column(c.0, c.1)) };
                        (*id, value)
                    });
                    placed.push(Arc::new(projected(leg, own.chain(of_ordinal).collect())));
                }
                let columns = columns.iter().chain(&all).copied().collect();
                (Arc::new(Node::Union { inputs: placed, columns }), all)
            }
        })
    }

    /// The node over an input with a position.
    fn with_ordinal_below(&self, node: &Arc<Node>, groups: Groups) -> Option<(Arc<Node>, Ordinal)> {
        let found = RefCell::new(None);
        let node = node.map_inputs(&|input| match self.with_ordinal(input, groups) {
            Some((input, ordinal)) => {
                *found.borrow_mut() = Some(ordinal);
                input
            }
            None => input.clone(),
        });
        Some((node, found.into_inner()?))
    }

    /// The node with a position whose columns have new ids: a part of the plan can be on both sides of a join.
    fn renamed(&self, node: &Arc<Node>, groups: Groups) -> Option<(Arc<Node>, Ordinal)> {
        let (placed, ordinal) = self.with_ordinal(node, groups)?;
        let own = node.columns().into_iter().map(|(id, ty)| (id, column(id, ty)));
        let ids: Ordinal = ordinal.iter().map(|(_, ty)| (self.new_id(), *ty)).collect();
        let new = ids.iter().zip(&ordinal).map(|((new, ty), (old, _))| (*new, column(*old, *ty)));
        let columns = own.chain(new).collect();
        Some((Arc::new(Node::Project { input: placed, columns }), ids))
    }
}
