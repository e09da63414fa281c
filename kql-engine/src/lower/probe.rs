//! What a traced run records is recorded between two nodes of the plan. The part of the plan below is optimized by itself,
//! so that each node has the rows of its step.

use super::{Lowering, column, projected, table_column};
use crate::cell;
use crate::functions::operators;
use crate::partition_constants::ordered_properties;
use crate::plan::{ColumnId, Expr, ExprKind, Node};
use crate::trace::{Leaf, LeafValue, Tracing, numbers};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, TableReference, internal_err};
use datafusion::datasource::provider_as_source;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{self as df, LogicalPlan, LogicalPlanBuilder, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};
use kql_parser::Span;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The most items of a list that are counted one by one.
const MOST_ITEMS: usize = 500;

/// A side of a join.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Left,
    Right,
}

/// What is recorded of the rows between two nodes.
#[derive(Clone, Debug)]
enum Point {
    /// The rows that a step returned.
    Step(usize),
    /// The conditions that are about to be computed: for each its position, and the number of its items and the operands.
    Leaves(Vec<LeafPlan>),
    /// The keys of a side of a join, and the position of the first.
    Keys(Side, Span, Vec<ScalarType>),
}

#[derive(Clone, Debug)]
struct LeafPlan {
    at: Span,
    items: usize,
    operands: Vec<(Span, ScalarType)>,
}

impl Lowering<'_> {
    /// The rows of a step, counted.
    pub(super) fn counted(&self, input: &Arc<Node>, step: usize) -> Result<LogicalPlan> {
        self.recorded(input, Point::Step(step), Vec::new())
    }

    /// The input of a filter, with its conditions recorded if the run is traced.
    pub(super) fn probed(&self, input: &Arc<Node>, predicate: &Expr) -> Result<LogicalPlan> {
        if self.tables.tracing().is_none() {
            return self.node(input);
        }
        let mut leaves = Vec::new();
        leaves_of(predicate, &mut leaves);
        self.with_leaves(input, &leaves)
    }

    /// The input of a projection, with the conditions in it recorded if the run is traced.
    pub(super) fn probed_columns(&self, input: &Arc<Node>, columns: &[(ColumnId, Expr)]) -> Result<LogicalPlan> {
        if self.tables.tracing().is_none() {
            return self.node(input);
        }
        let mut leaves = Vec::new();
        columns.iter().for_each(|(_, e)| conditions_of(e, &mut leaves));
        self.with_leaves(input, &leaves)
    }

    /// A side of a join, with its keys recorded if the run is traced.
    pub(super) fn probed_keys(&self, input: &Arc<Node>, on: &[(Expr, Expr)], side: Side) -> Result<LogicalPlan> {
        let Some(at) = on.first().map(|(left, _)| left.span).filter(|at| *at != Span::default()) else {
            return self.node(input);
        };
        if self.tables.tracing().is_none() {
            return self.node(input);
        }
        let keys: Vec<&Expr> =
            on.iter().map(|(left, right)| if matches!(side, Side::Left) { left } else { right }).collect();
        let exprs = keys.iter().map(|key| self.expr(key)).collect::<Result<Vec<_>>>()?;
        let types = keys.iter().map(|key| key.ty).collect();
        self.recorded(input, Point::Keys(side, at, types), exprs)
    }

    fn with_leaves(&self, input: &Arc<Node>, leaves: &[&Expr]) -> Result<LogicalPlan> {
        let (mut plans, mut exprs) = (Vec::new(), Vec::new());
        for leaf in leaves.iter().filter(|leaf| leaf.span != Span::default()) {
            let mut items = Vec::new();
            let mut operands = Vec::new();
            if let ExprKind::Call(function, args) = &unconverted(leaf).kind {
                let operand = |arg: &&Expr| {
                    let constant = matches!(arg.kind, ExprKind::Constant(_) | ExprKind::Stage(_));
                    !constant && arg.span != Span::default()
                };
                operands = args.iter().filter(operand).collect();
                if self.tables.tracing().is_some_and(|tracing| tracing.options.items) {
                    items = items_of(function, args);
                }
            } else if matches!(unconverted(leaf).kind, ExprKind::Column(_)) {
                operands.push(unconverted(leaf));
            }
            exprs.push(self.expr(leaf)?);
            for item in &items {
                exprs.push(self.expr(item)?);
            }
            for operand in &operands {
                exprs.push(self.expr(operand)?);
            }
            plans.push(LeafPlan {
                at: leaf.span,
                items: items.len(),
                operands: operands.iter().map(|o| (o.span, o.ty)).collect(),
            });
        }
        if plans.is_empty() { self.node(input) } else { self.recorded(input, Point::Leaves(plans), exprs) }
    }

    /// The rows of the input, recorded while they pass.
    fn recorded(&self, input: &Arc<Node>, point: Point, mut exprs: Vec<df::Expr>) -> Result<LogicalPlan> {
        let plan = self.node(input)?;
        let Some(tracing) = self.tables.tracing() else { return Ok(plan) };
        let columns = input.columns();
        // the numbers of followed rows come last
        let mark = columns.iter().find(|(id, _)| tracing.is_mark(*id));
        exprs.extend(mark.map(|(id, _)| column(*id)));
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let recorded = Recorded { plan, exprs, has_mark: mark.is_some(), point, schema, tracing: tracing.clone() };
        let source = provider_as_source(Arc::new(recorded));
        let scan = LogicalPlanBuilder::scan(TableReference::bare(super::TABLE), source, None)?.build()?;
        projected(scan, columns.into_iter().map(|(id, _)| table_column(id)).collect())
    }
}

fn unconverted(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::Convert(inner) => unconverted(inner),
        _ => e,
    }
}

/// The conditions of a predicate without `and`, `or` and `not`.
fn leaves_of<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &unconverted(e).kind {
        ExprKind::Call(function, args)
            if *function == &operators::AND || *function == &operators::OR || function.name == "not" =>
        {
            args.iter().for_each(|arg| leaves_of(arg, out));
        }
        ExprKind::Error => {}
        _ => out.push(e),
    }
}

/// The conditions in a value: the value itself if it is a bool, and those of `iff` and `case`.
fn conditions_of<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &e.kind {
        ExprKind::Call(function, _) if e.ty == ScalarType::Bool && function.is_operator() => leaves_of(e, out),
        ExprKind::Call(function, args) if matches!(function.name, "iff" | "case") => {
            for arg in args {
                if arg.ty == ScalarType::Bool && !matches!(arg.kind, ExprKind::Constant(_)) {
                    leaves_of(arg, out);
                } else {
                    conditions_of(arg, out);
                }
            }
        }
        ExprKind::Call(_, args) => args.iter().for_each(|arg| conditions_of(arg, out)),
        ExprKind::Convert(inner) => conditions_of(inner, out),
        _ => {}
    }
}

/// For each item of a list, the condition with this item alone; for the negated forms, the one that is not negated.
fn items_of(function: &'static crate::registry::ScalarFunction, args: &[Expr]) -> Vec<Expr> {
    let positive = match function.name {
        "in~" | "!in~" => kql_parser::ast::InOp::In,
        "in" | "!in" => kql_parser::ast::InOp::InCs,
        "has_any" => kql_parser::ast::InOp::HasAny,
        "has_all" => kql_parser::ast::InOp::HasAll,
        _ => return Vec::new(),
    };
    let Some((value, list)) = args.split_first() else { return Vec::new() };
    let mut items: Vec<Expr> = Vec::new();
    for item in list {
        match &item.kind {
            ExprKind::Constant(constant) if item.ty == ScalarType::Dynamic => {
                let text = constant.as_text().unwrap_or_default();
                if crate::dynamic::read::kind(text) == crate::dynamic::read::Kind::Array {
                    let one = |e: &str| Expr {
                        kind: ExprKind::Constant(crate::value::Value::Text(e.to_owned())),
                        ..item.clone()
                    };
                    items.extend(crate::dynamic::read::elements(text).map(one));
                } else {
                    items.push(item.clone());
                }
            }
            ExprKind::Constant(_) => items.push(item.clone()),
            _ => return Vec::new(),
        }
    }
    if items.len() > MOST_ITEMS {
        return Vec::new();
    }
    let function = operators::membership(positive);
    items
        .into_iter()
        .map(|item| Expr::call(function, vec![value.clone(), item], ScalarType::Bool, value.span))
        .collect()
}

/// A part of the plan as a table that records its rows.
#[derive(Debug)]
struct Recorded {
    plan: LogicalPlan,
    exprs: Vec<df::Expr>,
    has_mark: bool,
    point: Point,
    schema: SchemaRef,
    tracing: Arc<Tracing>,
}

#[async_trait]
impl TableProvider for Recorded {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[df::Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = session.create_physical_plan(&self.plan).await?;
        let create = |e: &df::Expr| session.create_physical_expr(e.clone(), self.plan.schema());
        let exprs = self.exprs.iter().map(create).collect::<Result<Vec<_>>>()?;
        let properties = ordered_properties(&input);
        let plan = Arc::new(RecordingExec {
            input,
            exprs,
            has_mark: self.has_mark,
            point: Arc::new(self.point.clone()),
            tracing: self.tracing.clone(),
            properties,
        });
        super::segment::with_columns(plan, &self.schema, projection)
    }
}

/// Records the rows of its input. The rules for the plan above do not see its input.
#[derive(Debug)]
pub(crate) struct RecordingExec {
    input: Arc<dyn ExecutionPlan>,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    has_mark: bool,
    point: Arc<Point>,
    tracing: Arc<Tracing>,
    properties: Arc<PlanProperties>,
}

impl RecordingExec {
    /// The plan whose rows it records.
    pub(crate) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }

    /// The step whose rows it counts.
    pub(crate) fn step(&self) -> Option<usize> {
        match *self.point {
            Point::Step(step) => Some(step),
            _ => None,
        }
    }
}

impl DisplayAs for RecordingExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "RecordingExec")
    }
}

impl ExecutionPlan for RecordingExec {
    fn name(&self) -> &str {
        "RecordingExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a recorded part of a plan has no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if let Point::Step(step) = *self.point {
            self.tracing.start(step);
        }
        Ok(Box::pin(Recording {
            input: self.input.execute(partition, context)?,
            exprs: self.exprs.clone(),
            has_mark: self.has_mark,
            point: self.point.clone(),
            tracing: self.tracing.clone(),
        }))
    }

    /// Those of the scans inside, so that the progress of a run is known.
    fn metrics(&self) -> Option<MetricsSet> {
        let mut found = MetricsSet::new();
        super::segment::add_metrics_of_scans(self.input.as_ref(), &mut found);
        Some(found)
    }
}

struct Recording {
    input: SendableRecordBatchStream,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    has_mark: bool,
    point: Arc<Point>,
    tracing: Arc<Tracing>,
}

impl Recording {
    fn record(&self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let mut values = Vec::with_capacity(self.exprs.len());
        for e in &self.exprs {
            values.push(e.evaluate(batch)?.into_array(rows)?);
        }
        let marks = if self.has_mark { values.pop() } else { None };
        match &*self.point {
            Point::Step(step) => {
                let bytes =
                    batch.columns().iter().map(|c| c.to_data().get_slice_memory_size().unwrap_or(0)).sum::<usize>();
                let followed = (0..rows).flat_map(|row| marks_of(marks.as_ref(), row)).collect::<Vec<_>>();
                self.tracing.add_rows(*step, rows as u64, bytes as u64, followed);
            }
            Point::Leaves(leaves) => {
                let mut values = values.into_iter();
                for leaf in leaves {
                    let Some(value) = values.next() else { break };
                    let items: Vec<ArrayRef> = values.by_ref().take(leaf.items).collect();
                    let operands: Vec<ArrayRef> = values.by_ref().take(leaf.operands.len()).collect();
                    self.tracing.leaf(leaf.at, |found| count(found, leaf, &value, &items, &operands, marks.as_ref()));
                }
            }
            Point::Keys(side, at, types) => self.tracing.join(*at, |keys| {
                let keys = match side {
                    Side::Left => &mut keys.left,
                    Side::Right => &mut keys.right,
                };
                for row in 0..rows {
                    let key = values.iter().zip(types).map(|(array, ty)| shown(array, *ty, row)).collect();
                    keys.add(key, marks_of(marks.as_ref(), row));
                }
            }),
        }
        Ok(())
    }
}

fn marks_of(marks: Option<&ArrayRef>, row: usize) -> Vec<i64> {
    match marks.and_then(|marks| marks.as_string_opt::<i32>()) {
        Some(texts) if !texts.is_null(row) => numbers(texts.value(row)).collect(),
        _ => Vec::new(),
    }
}

fn shown(array: &ArrayRef, ty: ScalarType, row: usize) -> String {
    let mut out = String::new();
    if array.is_null(row) && ty != ScalarType::String {
        out.push_str("null");
    }
    cell::text(array, ty, row, &mut out);
    out
}

fn count(
    found: &mut Leaf,
    leaf: &LeafPlan,
    value: &ArrayRef,
    items: &[ArrayRef],
    operands: &[ArrayRef],
    marks: Option<&ArrayRef>,
) {
    let Some(bools) = value.as_boolean_opt() else { return };
    found.is_true += bools.true_count() as u64;
    found.is_null += bools.null_count() as u64;
    found.is_false += (bools.len() - bools.true_count() - bools.null_count()) as u64;
    found.items.resize(found.items.len().max(items.len()), 0);
    for (total, item) in found.items.iter_mut().zip(items) {
        *total += item.as_boolean_opt().map_or(0, |bools| bools.true_count() as u64);
    }
    for row in 0..bools.len() {
        let rows = marks_of(marks, row);
        if rows.is_empty() {
            continue;
        }
        let values = operands.iter().zip(&leaf.operands).map(|(array, (at, ty))| (*at, shown(array, *ty, row)));
        let value = LeafValue { value: bools.is_valid(row).then(|| bools.value(row)), operands: values.collect() };
        rows.into_iter().for_each(|row| found.keep(row, value.clone()));
    }
}

impl Stream for Recording {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.input.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(batch))) = &polled
            && let Err(error) = self.record(batch)
        {
            return Poll::Ready(Some(Err(error)));
        }
        polled
    }
}

impl RecordBatchStream for Recording {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
