//! Where it matters which row comes first and no order is asked for, the rows get one: that of the input.
//!
//! Kusto leaves open which row `take 1` gives, which one of several `innerunique` keeps, and how the elements of
//! `make_set()` follow each other. Here the first row of the files is the first, whatever the batch sizes and the number of
//! partitions: a test of a query has one answer. Rows of a table are numbered when they are scanned, those of a join have
//! the places of both sides, those of a union come leg by leg, a group stands where its first row stood.

use crate::aggregates::TAKE_ANY;
use crate::operators::node_columns;
use crate::plan::{Aggregate, ColumnId, Expr, ExprKind, JoinKind, Node, Order, OrderKey, PlanColumn, ROW, Relation};
use crate::registry::{AggregateFunction, Reduce};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Gives the nodes that observe an order one.
pub(super) fn apply(relation: &mut Relation) {
    let places = Places::beside(&relation.node);
    relation.node = places.ordered(&relation.node);
}

/// The same, and an order of the relation's own rows where it has none.
pub(super) fn order(relation: &mut Relation) {
    if !relation.order.is_empty() || is_one_row(&relation.node) {
        return;
    }
    let places = Places::beside(&relation.node);
    if let Some((node, place)) = places.place(&relation.node) {
        relation.node = node;
        relation.order = by(&place);
    }
}

fn is_one_row(node: &Node) -> bool {
    match node {
        Node::Aggregate { groups, .. } => groups.is_empty(),
        Node::Project { input, .. } | Node::Filter { input, .. } => is_one_row(input),
        _ => false,
    }
}

/// A node before and after.
type Done = (Arc<Node>, Arc<Node>);

struct Places {
    /// The greatest id so far.
    last: Cell<u32>,
    /// What became of a node, which is kept so that its address stays its own: a part that is used twice stays one.
    done: RefCell<HashMap<*const Node, Done>>,
}

fn by(place: &[ColumnId]) -> Order {
    place.iter().map(|id| OrderKey { column: *id, ascending: true, nulls_first: false }).collect()
}

fn number(id: ColumnId) -> Expr {
    Expr { kind: ExprKind::Column(id), ty: ScalarType::Long, span: Span::default() }
}

/// The order with the place behind it, which leaves no two rows equal.
fn then(order: &Order, place: &[ColumnId]) -> Order {
    let known = |id: &ColumnId| order.iter().any(|k| k.column == *id);
    let more: Vec<ColumnId> = place.iter().filter(|id| !known(id)).copied().collect();
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

impl Places {
    /// For a plan whose columns keep their ids.
    fn beside(node: &Arc<Node>) -> Places {
        let mut seen = HashSet::new();
        let mut waiting = vec![node];
        let mut last = 0;
        while let Some(node) = waiting.pop() {
            if seen.insert(Arc::as_ptr(node)) {
                last = node_columns(node).iter().map(|(id, _)| id.0).fold(last, u32::max);
                waiting.extend(node.inputs());
            }
        }
        Places { last: Cell::new(last), done: RefCell::default() }
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

    /// The node with an order, where it observes one.
    fn with_order(&self, node: &Node) -> Option<Node> {
        match node {
            Node::Aggregate { input, groups, aggregates, order } if aggregates.iter().any(|a| observes(a.function)) => {
                let (input, place) = self.place(input)?;
                let order = then(order, &place);
                Some(Node::Aggregate { input, groups: groups.clone(), aggregates: aggregates.clone(), order })
            }
            // of rows that an order leaves equal any is as good, and a scan that stops early is worth more
            Node::Limit { input, count, order, partition } if order.is_empty() || !partition.is_empty() => {
                let (input, place) = self.place(input)?;
                let order = then(order, &place);
                Some(Node::Limit { input, count: count.clone(), order, partition: partition.clone() })
            }
            Node::FirstOf { input, keys, columns, order } => {
                let (input, place) = self.place(input)?;
                let order = then(order, &place);
                Some(Node::FirstOf { input, keys: keys.clone(), columns: columns.clone(), order })
            }
            Node::Window { input, order, partition, row, calls } => {
                let (input, place) = self.place(input)?;
                let order = then(order, &place);
                Some(Node::Window { input, order, partition: partition.clone(), row: *row, calls: calls.clone() })
            }
            _ => None,
        }
    }

    /// The node with columns by which no two rows are equal, and these columns; none where there are none.
    fn place(&self, node: &Arc<Node>) -> Option<(Arc<Node>, Vec<ColumnId>)> {
        Some(match &**node {
            Node::Nothing => (node.clone(), Vec::new()),
            Node::Memory { .. } => return None,
            Node::Stage { columns, .. } | Node::Values { columns, .. } => (node.clone(), vec![columns.last()?.id]),
            Node::Range { row, .. } => (node.clone(), vec![*row]),
            Node::Scan { table, columns } => {
                if let Some(row) = columns.iter().find(|c| c.name == ROW) {
                    return Some((node.clone(), vec![row.id]));
                }
                let row = PlanColumn { id: self.new_id(), name: ROW.to_owned(), ty: ScalarType::Long };
                let id = row.id;
                let columns = columns.iter().cloned().chain([row]).collect();
                (Arc::new(Node::Scan { table: table.clone(), columns }), vec![id])
            }
            Node::Filter { .. } | Node::Limit { .. } | Node::Window { .. } | Node::Extract { .. } => {
                self.place_below(node)?
            }
            Node::MvExpand { index, .. } => {
                let (node, mut place) = self.place_below(node)?;
                place.push(*index);
                (node, place)
            }
            Node::Project { input, columns } => {
                let (input, place) = self.place(input)?;
                let known: Vec<ColumnId> = columns.iter().map(|(id, _)| *id).collect();
                let more = place.iter().filter(|id| !known.contains(id)).map(|id| (*id, number(*id)));
                let columns = columns.iter().cloned().chain(more).collect();
                (Arc::new(Node::Project { input, columns }), place)
            }
            Node::Aggregate { input, groups, aggregates, order } => {
                if groups.is_empty() {
                    return Some((node.clone(), Vec::new()));
                }
                let (input, place) = self.place(input)?;
                let order = then(order, &place);
                // the place of the group's first row
                let outputs: Vec<(ColumnId, ScalarType)> =
                    place.iter().map(|_| (self.new_id(), ScalarType::Long)).collect();
                let first = outputs.iter().map(|(id, _)| *id).collect();
                let mut aggregates = aggregates.clone();
                aggregates.push(Aggregate {
                    function: &TAKE_ANY,
                    args: place.iter().map(|id| number(*id)).collect(),
                    ty: ScalarType::Long,
                    outputs,
                    span: Span::default(),
                });
                (Arc::new(Node::Aggregate { input, groups: groups.clone(), aggregates, order }), first)
            }
            Node::Join { kind, left, right, on } => {
                let of = |left, right| Arc::new(Node::Join { kind: *kind, left, right, on: on.clone() });
                match kind {
                    JoinKind::LeftSemi | JoinKind::LeftAnti => {
                        let (left, place) = self.place(left)?;
                        (of(left, right.clone()), place)
                    }
                    JoinKind::RightSemi | JoinKind::RightAnti => {
                        let (right, place) = self.place(right)?;
                        (of(left.clone(), right), place)
                    }
                    _ => {
                        let (left, mut place) = self.place(left)?;
                        let (right, of_right) = self.renamed(right)?;
                        place.extend(of_right);
                        (of(left, right), place)
                    }
                }
            }
            Node::FirstOf { input, keys, columns, order } => {
                let (input, place) = self.place(input)?;
                let more: Vec<_> = place.iter().filter(|id| columns.iter().all(|(c, _)| c != *id)).collect();
                let columns = columns.iter().copied().chain(more.iter().map(|id| (**id, ScalarType::Long))).collect();
                let order = then(order, &place);
                (Arc::new(Node::FirstOf { input, keys: keys.clone(), columns, order }), place)
            }
            Node::Union { inputs, columns } => {
                let legs = inputs.iter().map(|leg| self.place(leg)).collect::<Option<Vec<_>>>()?;
                let depth = legs.iter().map(|(_, place)| place.len()).max().unwrap_or(0);
                // which leg, then the place in it
                let all: Vec<ColumnId> = (0..=depth).map(|_| self.new_id()).collect();
                let constant = |value| Expr::constant(value, ScalarType::Long, Span::default());
                let mut placed = Vec::with_capacity(legs.len());
                for (i, ((leg, place), input)) in legs.into_iter().zip(inputs).enumerate() {
                    let values = std::iter::once(constant(Value::Long(i as i64)))
                        .chain((0..depth).map(|d| place.get(d).map_or(constant(Value::Null), |id| number(*id))));
                    let of_leg = node_columns(input);
                    let own = columns.iter().zip(&of_leg).map(|((id, ty), (from, _))| {
                        (*id, Expr { kind: ExprKind::Column(*from), ty: *ty, span: Span::default() })
                    });
                    let columns = own.chain(all.iter().copied().zip(values)).collect();
                    placed.push(Arc::new(Node::Project { input: leg, columns }));
                }
                let columns = columns.iter().copied().chain(all.iter().map(|id| (*id, ScalarType::Long))).collect();
                (Arc::new(Node::Union { inputs: placed, columns }), all)
            }
        })
    }

    /// The same node over an input with a place.
    fn place_below(&self, node: &Arc<Node>) -> Option<(Arc<Node>, Vec<ColumnId>)> {
        let found = RefCell::new(None);
        let node = node.map_inputs(&|input| match self.place(input) {
            Some((input, place)) => {
                *found.borrow_mut() = Some(place);
                input
            }
            None => input.clone(),
        });
        Some((node, found.into_inner()?))
    }

    /// The node with a place whose columns have new ids: a part of the plan may be on both sides of a join.
    fn renamed(&self, node: &Arc<Node>) -> Option<(Arc<Node>, Vec<ColumnId>)> {
        let (placed, place) = self.place(node)?;
        let own = node_columns(node);
        let columns =
            own.iter().map(|(id, ty)| (*id, Expr { kind: ExprKind::Column(*id), ty: *ty, span: Span::default() }));
        let new: Vec<(ColumnId, Expr)> = place.iter().map(|id| (self.new_id(), number(*id))).collect();
        let ids = new.iter().map(|(id, _)| *id).collect();
        let columns = columns.chain(new).collect();
        Some((Arc::new(Node::Project { input: placed, columns }), ids))
    }
}
