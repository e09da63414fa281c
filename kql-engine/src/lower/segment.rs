//! Long queries are planned piece by piece.
//!
//! DataFusion's rules walk the whole plan again and again, and some look from every node down to the tables: a query of a
//! thousand steps would take minutes. A plan that is deeper than [`DEEPEST`] therefore reads its lower part as a table, which
//! is optimized separately. Filters and limits stay above that table.

use super::{projected, table_column};
use crate::partition_constants::ordered_properties;
use crate::plan::ColumnId;
use crate::progress::is_scan;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, TableReference, internal_err};
use datafusion::datasource::provider_as_source;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use std::fmt;
use std::sync::Arc;

/// The depth, in nodes, of a plan that is optimized as a whole. Detections stay below it.
pub(super) const DEEPEST: usize = 48;

/// The plan as a table that other plans read.
pub(super) fn segment(plan: LogicalPlan, columns: impl Iterator<Item = ColumnId>) -> Result<LogicalPlan> {
    let schema = Arc::new(plan.schema().as_arrow().clone());
    let source = provider_as_source(Arc::new(Segment { plan, schema }));
    let scan = LogicalPlanBuilder::scan(TableReference::bare(super::TABLE), source, None)?.build()?;
    projected(scan, columns.map(table_column).collect())
}

#[derive(Debug)]
struct Segment {
    plan: LogicalPlan,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Segment {
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
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = session.create_physical_plan(&self.plan).await?;
        Ok(Arc::new(PlannedExec::new(with_columns(plan, &self.schema, projection)?)))
    }
}

/// The plan with only these of its columns.
pub(super) fn with_columns(
    plan: Arc<dyn ExecutionPlan>,
    schema: &SchemaRef,
    projection: Option<&Vec<usize>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(projection) = projection else { return Ok(plan) };
    let columns = projection.iter().map(|at| {
        let field = schema.field(*at);
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), *at));
        (column, field.name().clone())
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), plan)?))
}

/// A plan that is optimized already: the rules for the plan above do not see its inside.
#[derive(Debug)]
pub(crate) struct PlannedExec {
    plan: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl PlannedExec {
    /// The plan.
    pub(crate) fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    fn new(plan: Arc<dyn ExecutionPlan>) -> PlannedExec {
        let properties = ordered_properties(&plan);
        PlannedExec { plan, properties }
    }
}

/// Adds what the scans of a plan have counted.
pub(super) fn add_metrics_of_scans(plan: &dyn ExecutionPlan, found: &mut MetricsSet) {
    if is_scan(plan)
        && let Some(metrics) = plan.metrics()
    {
        metrics.iter().for_each(|metric| found.push(metric.clone()));
    }
    plan.children().into_iter().for_each(|child| add_metrics_of_scans(child.as_ref(), found));
}

impl DisplayAs for PlannedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "PlannedExec")
    }
}

impl ExecutionPlan for PlannedExec {
    fn name(&self) -> &str {
        "PlannedExec"
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
        if children.is_empty() { Ok(self) } else { internal_err!("a planned segment has no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.plan.execute(partition, context)
    }

    /// Those of the scans inside, so that the progress of a run is known.
    fn metrics(&self) -> Option<MetricsSet> {
        let mut found = MetricsSet::new();
        add_metrics_of_scans(self.plan.as_ref(), &mut found);
        Some(found)
    }
}
