//! Lowers the nodes of the plan.

use super::probe::Side;
use super::segment::{DEEPEST, segment};
use super::{Lowered, Lowering, column, name, sorted};
use crate::functions::operators;
use crate::plan::{ColumnId, Expr, ExprKind, JoinKind, Node, PlanColumn, StageResult};
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::{Column, JoinType, NullEquality, Result, ScalarValue, TableReference, internal_err};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{self as df, LogicalPlan, LogicalPlanBuilder, Union, lit};
use std::collections::HashSet;
use std::sync::Arc;

impl Lowering<'_> {
    /// Lowers a node.
    pub fn node(&self, node: &Arc<Node>) -> Result<LogicalPlan> {
        let key = Arc::as_ptr(node);
        if let Some(lowered) = self.lowered.borrow().get(&key) {
            return Ok(lowered.plan.clone());
        }
        let mut plan = self.new_node(node)?;
        let below = |input: &Arc<Node>| self.lowered.borrow().get(&Arc::as_ptr(input)).map_or(0, |l| l.depth);
        let mut depth = 1 + node.inputs().into_iter().map(below).max().unwrap_or(0);
        if depth >= DEEPEST {
            plan = segment(plan, node.columns().into_iter().map(|(id, _)| id))?;
            depth = 1;
        }
        self.lowered.borrow_mut().insert(key, Lowered { _node: node.clone(), plan: plan.clone(), depth });
        Ok(plan)
    }

    fn new_node(&self, node: &Arc<Node>) -> Result<LogicalPlan> {
        match &**node {
            Node::Nothing => LogicalPlanBuilder::empty(false).build(),
            Node::Memory { columns, batches } => self.memory(columns, batches),
            Node::Stage { stage, columns } => match self.stages.get(stage) {
                Some(StageResult::Rows(rows)) => self.stored(columns, rows),
                _ => internal_err!("the rows of stage {} are missing", stage.0),
            },
            Node::Window { input, order, partition, row, calls } => self.window(input, order, partition, *row, calls),
            Node::Extract { input, value, extractor, columns, matched } => {
                self.extract(input, value, extractor, columns, *matched)
            }
            Node::Scan { table, columns } => self.scan(table, columns),
            Node::Values { columns, rows } => self.values(columns, rows),
            Node::Range { column, row, bounds } => self.range(column, *row, bounds),
            Node::Probe { input, step } => self.counted(input, *step),
            Node::Filter { input, predicate } => {
                let input = self.probed(input, predicate)?;
                let predicate = self.predicate(predicate)?;
                LogicalPlanBuilder::from(input).filter(predicate)?.build()
            }
            Node::Project { input, columns } => self.project(input, columns),
            Node::Limit { input, count, order, partition } => {
                let count = match self.constant(count)? {
                    Some(Value::Long(n)) => usize::try_from(n).unwrap_or(0),
                    _ => 0,
                };
                let by_sorting = self.sorts() && count > super::HEAP && !order.is_empty();
                if partition.is_empty() && !by_sorting {
                    return sorted(self.node(input)?, order, Some(count));
                }
                self.limit_of_parts(input, count, order, partition)
            }
            Node::Aggregate { input, groups, aggregates, order } => self.aggregate(input, groups, aggregates, order),
            Node::Join { kind, left, right, on } => self.join(*kind, left, right, on),
            Node::FirstOf { input, keys, columns, order } => self.first_of(input, keys, columns, order),
            Node::Union { inputs, columns } => {
                let mut legs = inputs.iter().map(|i| self.leg(i, columns).map(Arc::new)).collect::<Result<Vec<_>>>()?;
                match legs.len() {
                    0 => internal_err!("a union of nothing"),
                    1 => Ok(Arc::unwrap_or_clone(legs.swap_remove(0))),
                    _ => Ok(LogicalPlan::Union(Union::try_new_with_loose_types(legs)?)),
                }
            }
            Node::MvExpand { input, columns, index, limit } => self.mv_expand(input, columns, *index, limit.as_ref()),
        }
    }

    /// A table of a union, with all columns of the union in order.
    fn leg(&self, input: &Arc<Node>, columns: &[(ColumnId, ScalarType)]) -> Result<LogicalPlan> {
        let plan = self.node(input)?;
        if super::has_columns(&plan, columns.iter().map(|(id, _)| *id)) {
            return Ok(plan);
        }
        let own: HashSet<ColumnId> = input.columns().into_iter().map(|(id, _)| id).collect();
        let column = |(id, ty): &(ColumnId, ScalarType)| {
            if own.contains(id) {
                return column(*id);
            }
            df::lit(Value::missing(*ty).to_scalar(*ty)).alias(name(*id))
        };
        super::projected(plan, columns.iter().map(column).collect())
    }

    fn scan(&self, table: &str, columns: &[PlanColumn]) -> Result<LogicalPlan> {
        let mut provider = self.tables.provider(table)?;
        if columns.iter().any(|c| c.name == crate::plan::ROW) {
            provider = Arc::new(crate::sources::Numbered::new(provider));
        }
        super::check_width(columns.len())?;
        let reference = TableReference::bare(super::TABLE);
        let renamed: Vec<df::Expr> = columns
            .iter()
            .map(|c| df::Expr::Column(Column::new(Some(reference.clone()), &c.name)).alias(name(c.id)))
            .collect();
        LogicalPlanBuilder::scan(reference, provider_as_source(provider), None)?.project(renamed)?.build()
    }

    fn project(&self, input: &Arc<Node>, columns: &[(ColumnId, Expr)]) -> Result<LogicalPlan> {
        let input = self.probed_columns(input, columns)?;
        let mut exprs = Vec::with_capacity(columns.len());
        for (id, e) in columns {
            exprs.push(match &e.kind {
                ExprKind::Column(from) if from == id => column(*id),
                _ => {
                    let lowered = self.expr(e)?;
                    let size = self.size(e);
                    let kept = match &lowered {
                        df::Expr::Literal(ScalarValue::Utf8(Some(text)), _) => text.len() > super::barrier::LONG_TEXT,
                        df::Expr::Literal(..) => false,
                        _ => size > super::barrier::LARGEST,
                    };
                    self.sizes.borrow_mut().insert(*id, if kept { 1 } else { size });
                    if kept { super::barrier::barrier(lowered) } else { lowered }.alias(name(*id))
                }
            });
        }
        super::projected(input, exprs)
    }

    /// The size of an expression after inlining all computed columns.
    fn size(&self, e: &Expr) -> usize {
        let sizes = self.sizes.borrow();
        let mut size: usize = 0;
        e.walk(&mut |e| {
            size = size.saturating_add(match &e.kind {
                ExprKind::Column(id) => sizes.get(id).copied().unwrap_or(1),
                ExprKind::Constant(_) => 0,
                _ => 1,
            });
        });
        size
    }

    fn join(&self, kind: JoinKind, left: &Arc<Node>, right: &Arc<Node>, on: &[(Expr, Expr)]) -> Result<LogicalPlan> {
        let mut left_plan = self.probed_keys(left, on, Side::Left)?;
        let mut right_plan = self.probed_keys(right, on, Side::Right)?;
        let (mut left_keys, mut right_keys) = (Vec::new(), Vec::new());
        for (i, (l, r)) in on.iter().enumerate() {
            let (l, plan) = self.key_column(left_plan, l, &format!("lk{i}"))?;
            left_plan = plan;
            left_keys.push(l);
            let (r, plan) = self.key_column(right_plan, r, &format!("rk{i}"))?;
            right_plan = plan;
            right_keys.push(r);
        }
        let join_type = match kind {
            JoinKind::Inner => JoinType::Inner,
            JoinKind::LeftOuter => JoinType::Left,
            JoinKind::RightOuter => JoinType::Right,
            JoinKind::FullOuter => JoinType::Full,
            JoinKind::LeftSemi => JoinType::LeftSemi,
            JoinKind::LeftAnti => JoinType::LeftAnti,
            JoinKind::RightSemi => JoinType::RightSemi,
            JoinKind::RightAnti => JoinType::RightAnti,
        };
        let joined = LogicalPlanBuilder::from(left_plan)
            .join_detailed(right_plan, join_type, (left_keys, right_keys), None, NullEquality::NullEqualsNull)?
            .build()?;
        // a string of a row without a match is empty, not null
        let left_filled = matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter);
        let right_filled = matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter);
        let fill = |(id, ty): &(ColumnId, ScalarType), filled: bool| match ty {
            ScalarType::String if filled => crate::registry::rows::first_not_null(vec![column(*id), lit("")])
                .unwrap_or_else(|_| column(*id))
                .alias(name(*id)),
            _ => column(*id),
        };
        let left_columns = left.columns();
        let right_columns = right.columns();
        let columns: Vec<df::Expr> = match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => left_columns.iter().map(|(id, _)| column(*id)).collect(),
            JoinKind::RightSemi | JoinKind::RightAnti => right_columns.iter().map(|(id, _)| column(*id)).collect(),
            _ => left_columns
                .iter()
                .map(|c| fill(c, left_filled))
                .chain(right_columns.iter().map(|c| fill(c, right_filled)))
                .collect(),
        };
        LogicalPlanBuilder::from(joined).project(columns)?.build()
    }

    /// The plan with the key as a separate column, and that column.
    fn key_column(&self, plan: LogicalPlan, key: &Expr, key_name: &str) -> Result<(Column, LogicalPlan)> {
        if let ExprKind::Column(id) = key.kind {
            return Ok((Column::new_unqualified(name(id)), plan));
        }
        let mut columns: Vec<df::Expr> = plan.schema().columns().into_iter().map(df::Expr::Column).collect();
        columns.push(self.expr(key)?.alias(key_name));
        Ok((Column::new_unqualified(key_name), LogicalPlanBuilder::from(plan).project(columns)?.build()?))
    }

    /// Lowers a condition of which only truth counts: null counts as false, so comparisons can be those of DataFusion,
    /// which it can push down into files.
    fn predicate(&self, e: &Expr) -> Result<df::Expr> {
        if let ExprKind::Call(function, args) = &e.kind
            && let [left, right] = args.as_slice()
        {
            if *function == &operators::AND {
                return Ok(self.predicate(left)?.and(self.predicate(right)?));
            }
            if *function == &operators::OR {
                return Ok(self.predicate(left)?.or(self.predicate(right)?));
            }
            if *function == &operators::EQUAL && operators::is_native(left.ty) {
                return Ok(self.expr(left)?.eq(self.expr(right)?));
            }
        }
        self.expr(e)
    }
}
