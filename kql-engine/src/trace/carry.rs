//! Plans whose rows carry the numbers of the followed rows that they are made from.

use super::Tracing;
use super::marks::{ALL_OF_GROUP, BOTH, FOLLOWED, MARK};
use crate::plan::{
    Aggregate, ColumnId, Expr, JoinKind, Node, PlanColumn, Query, ROW, Relation, StageId, StageKind, missing,
};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// Adds a column to every part of the query whose rows come from the followed table.
pub(crate) fn carry(query: &mut Query, tracing: &Tracing) {
    let mut carrier = Carrier { tracing, last: 0, done: HashMap::new(), stages: HashMap::new() };
    for relation in query.stages.iter().map(|s| &s.relation).chain(&query.results) {
        carrier.see(&relation.node);
        // columns that have the same value in all rows are not in the plan
        carrier.last = relation.columns.iter().map(|column| column.id.0).fold(carrier.last, u32::max);
    }
    let computed: Vec<StageId> = query.computed.keys().copied().collect();
    for stage in &mut query.stages {
        if computed.contains(&stage.id) {
            continue;
        }
        let mark = carrier.relation(&mut stage.relation, matches!(stage.kind, StageKind::Table(None)));
        if let (Some(mark), StageKind::Table(None)) = (mark, &stage.kind) {
            carrier.stages.insert(stage.id, mark);
        }
    }
    query.results.iter_mut().for_each(|relation| _ = carrier.relation(relation, true));
}

struct Carrier<'t> {
    tracing: &'t Tracing,
    last: u32,
    /// The result for each node; the node is kept so that its address is not reused.
    done: HashMap<*const Node, (Arc<Node>, Carried)>,
    /// The subqueries whose rows carry numbers.
    stages: HashMap<StageId, ColumnId>,
}

#[derive(Clone)]
struct Carried {
    node: Arc<Node>,
    /// The column with the numbers; `None` if no row can have one.
    mark: Option<ColumnId>,
    /// Whether there are followed rows below that cannot be followed up to here.
    lost: bool,
}

impl Carrier<'_> {
    /// Makes sure that new columns get ids of their own.
    fn see(&mut self, node: &Arc<Node>) {
        let mut pending = vec![node];
        let mut seen = std::collections::HashSet::new();
        while let Some(node) = pending.pop() {
            if seen.insert(Arc::as_ptr(node)) {
                self.last = node.columns().iter().map(|(id, _)| id.0).fold(self.last, u32::max);
                pending.extend(node.inputs());
            }
        }
    }

    fn fresh(&mut self) -> ColumnId {
        self.last += 1;
        let id = ColumnId(self.last);
        self.tracing.add_mark(id);
        id
    }

    fn relation(&mut self, relation: &mut Relation, shows: bool) -> Option<ColumnId> {
        let carried = self.node(&relation.node);
        relation.node = carried.node;
        if let Some(id) = carried.mark
            && shows
        {
            relation.columns.push(PlanColumn { id, name: MARK.to_owned(), ty: ScalarType::Dynamic });
        }
        carried.mark
    }

    fn node(&mut self, node: &Arc<Node>) -> Carried {
        if let Some((_, carried)) = self.done.get(&Arc::as_ptr(node)) {
            return carried.clone();
        }
        let carried = self.new_node(node);
        self.done.insert(Arc::as_ptr(node), (node.clone(), carried.clone()));
        carried
    }

    fn new_node(&mut self, node: &Arc<Node>) -> Carried {
        let without = Carried { node: node.clone(), mark: None, lost: false };
        match &**node {
            Node::Nothing | Node::Memory { .. } | Node::Values { .. } | Node::Range { .. } => without,
            Node::Scan { table, columns } => self.scan(node, table, columns),
            Node::Stage { stage, columns } => match self.stages.get(stage).copied() {
                Some(_) => {
                    let id = self.fresh();
                    let mut columns = columns.clone();
                    let at = columns.len().saturating_sub(1);
                    columns.insert(at, PlanColumn { id, name: MARK.to_owned(), ty: ScalarType::Dynamic });
                    Carried { node: Arc::new(Node::Stage { stage: *stage, columns }), mark: Some(id), lost: false }
                }
                None => Carried { lost: true, ..without },
            },
            Node::Probe { input, step } => {
                let below = self.node(input);
                if below.lost {
                    self.tracing.lose(*step);
                }
                let node = Arc::new(Node::Probe { input: below.node, step: *step });
                // what was lost is said once, at the first step behind
                Carried { node, mark: below.mark, lost: false }
            }
            Node::Filter { input, .. }
            | Node::Limit { input, .. }
            | Node::Window { input, .. }
            | Node::Extract { input, .. }
            | Node::MvExpand { input, .. } => {
                let below = self.node(input);
                Carried { node: node.map_inputs(&|_| below.node.clone()), ..below }
            }
            Node::Project { input, columns } => {
                let below = self.node(input);
                let mut columns = columns.clone();
                columns.extend(below.mark.map(|id| (id, of(id))));
                Carried { node: Arc::new(Node::Project { input: below.node, columns }), ..below }
            }
            Node::Aggregate { input, groups, aggregates, order } => {
                let below = self.node(input);
                let Some(mark) = below.mark else {
                    let node = node.map_inputs(&|_| below.node.clone());
                    return Carried { node, ..below };
                };
                let all = self.fresh();
                let mut aggregates = aggregates.clone();
                aggregates.push(Aggregate {
                    function: &ALL_OF_GROUP,
                    args: vec![of(mark)],
                    ty: ScalarType::Dynamic,
                    outputs: vec![(all, ScalarType::Dynamic)],
                    span: Span::default(),
                });
                let node = Arc::new(Node::Aggregate {
                    input: below.node,
                    groups: groups.clone(),
                    aggregates,
                    order: order.clone(),
                });
                self.merged(node, all, None)
            }
            Node::FirstOf { input, keys, columns, order } => {
                let below = self.node(input);
                let mut columns = columns.clone();
                columns.extend(below.mark.map(|id| (id, ScalarType::Dynamic)));
                let node = Node::FirstOf { input: below.node, keys: keys.clone(), columns, order: order.clone() };
                Carried { node: Arc::new(node), mark: below.mark, lost: below.lost }
            }
            Node::Join { kind, left, right, on } => {
                let (l, r) = (self.node(left), self.node(right));
                let mut right_mark = r.mark;
                let mut right = r.node;
                // a table joined with itself has the same column on both sides
                if let Some(id) = right_mark.filter(|_| r.mark == l.mark) {
                    let own = self.fresh();
                    let mut columns: Vec<(ColumnId, Expr)> = right
                        .columns()
                        .into_iter()
                        .filter(|(c, _)| *c != id)
                        .map(|(c, ty)| (c, Expr { ty, ..of(c) }))
                        .collect();
                    columns.push((own, of(id)));
                    right = Arc::new(Node::Project { input: right, columns });
                    right_mark = Some(own);
                }
                let node = Arc::new(Node::Join { kind: *kind, left: l.node, right, on: on.clone() });
                let lost = l.lost || r.lost;
                match (kind, l.mark, right_mark) {
                    (JoinKind::LeftSemi | JoinKind::LeftAnti, mark, _)
                    | (JoinKind::RightSemi | JoinKind::RightAnti, _, mark)
                    | (_, mark, None)
                    | (_, None, mark) => Carried { node, mark, lost },
                    (_, Some(one), Some(other)) => Carried { lost, ..self.merged(node, one, Some(other)) },
                }
            }
            Node::Union { inputs, columns } => {
                let legs: Vec<Carried> = inputs.iter().map(|input| self.node(input)).collect();
                let lost = legs.iter().any(|leg| leg.lost);
                if legs.iter().all(|leg| leg.mark.is_none()) {
                    let node =
                        Node::Union { inputs: legs.into_iter().map(|l| l.node).collect(), columns: columns.clone() };
                    return Carried { node: Arc::new(node), mark: None, lost };
                }
                let own = self.fresh();
                let inputs = legs.into_iter().map(|leg| {
                    let mut shown: Vec<(ColumnId, Expr)> = leg
                        .node
                        .columns()
                        .into_iter()
                        .filter(|(id, _)| Some(*id) != leg.mark)
                        .map(|(id, ty)| (id, Expr { ty, ..of(id) }))
                        .collect();
                    shown.push((own, leg.mark.map_or_else(|| missing(ScalarType::Dynamic), of)));
                    Arc::new(Node::Project { input: leg.node, columns: shown })
                });
                let inputs = inputs.collect();
                let mut columns = columns.clone();
                columns.push((own, ScalarType::Dynamic));
                Carried { node: Arc::new(Node::Union { inputs, columns }), mark: Some(own), lost }
            }
        }
    }

    /// The rows of the followed table, with their numbers.
    fn scan(&mut self, node: &Arc<Node>, table: &str, columns: &[PlanColumn]) -> Carried {
        let follow = self.tracing.options.follow.as_ref();
        let Some(follow) = follow.filter(|follow| follow.table == table) else {
            return Carried { node: node.clone(), mark: None, lost: false };
        };
        let wanted = match &follow.rows {
            Some(rows) => Value::Text(format!("[{}]", rows.iter().map(i64::to_string).collect::<Vec<_>>().join(","))),
            None => Value::Null,
        };
        let mut columns = columns.to_vec();
        let row = match columns.iter().find(|c| c.name == ROW) {
            Some(row) => row.clone(),
            None => {
                let row = PlanColumn { id: ColumnId(self.last + 1), name: ROW.to_owned(), ty: ScalarType::Long };
                self.last += 1;
                columns.push(row.clone());
                row
            }
        };
        let mark = self.fresh();
        let mut shown = crate::plan::identity(&columns);
        let span = Span::default();
        let wanted = Expr::constant(wanted, ScalarType::Dynamic, span);
        let args = vec![Expr::column(&row, span), wanted];
        shown.push((mark, Expr::call(&FOLLOWED, args, ScalarType::Dynamic, span)));
        let scan = Arc::new(Node::Scan { table: table.to_owned(), columns });
        Carried { node: Arc::new(Node::Project { input: scan, columns: shown }), mark: Some(mark), lost: false }
    }

    /// The node with one column for the numbers of one or two.
    fn merged(&mut self, node: Arc<Node>, one: ColumnId, other: Option<ColumnId>) -> Carried {
        let mark = self.fresh();
        let mut columns: Vec<(ColumnId, Expr)> = node
            .columns()
            .into_iter()
            .filter(|(id, _)| *id != one && Some(*id) != other)
            .map(|(id, ty)| (id, Expr { ty, ..of(id) }))
            .collect();
        let args = vec![of(one), other.map_or_else(|| missing(ScalarType::Dynamic), of)];
        columns.push((mark, Expr::call(&BOTH, args, ScalarType::Dynamic, Span::default())));
        Carried { node: Arc::new(Node::Project { input: node, columns }), mark: Some(mark), lost: false }
    }
}

fn of(id: ColumnId) -> Expr {
    Expr { kind: crate::plan::ExprKind::Column(id), ty: ScalarType::Dynamic, span: Span::default() }
}
