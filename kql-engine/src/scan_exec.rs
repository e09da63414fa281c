//! A scan of streams that knows what the streams read, so that another process can read the same.

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What streams read.
pub(crate) trait StreamSource: Any + fmt::Debug + Send + Sync {}

/// Rows that only this process has; the name of their table, or of what holds them.
#[derive(Debug)]
pub(crate) struct LocalRows(pub String);

impl StreamSource for LocalRows {}

/// DataFusion's scan of streams, with their source.
#[derive(Clone, Debug)]
pub(crate) struct ScanExec {
    streams: StreamingTableExec,
    source: Arc<dyn StreamSource>,
}

impl ScanExec {
    /// A scan of streams that read the source.
    pub(crate) fn new(streams: StreamingTableExec, source: Arc<dyn StreamSource>) -> ScanExec {
        ScanExec { streams, source }
    }

    /// The source, if it is of this type.
    pub(crate) fn source<S: StreamSource>(&self) -> Option<&S> {
        let source: &dyn Any = self.source.as_ref();
        source.downcast_ref()
    }

    /// The streams.
    pub(crate) fn streams(&self) -> &StreamingTableExec {
        &self.streams
    }

    fn of(&self, plan: Arc<dyn ExecutionPlan>) -> Option<Arc<dyn ExecutionPlan>> {
        let streams = plan.downcast_ref::<StreamingTableExec>()?.clone();
        Some(Arc::new(ScanExec { streams, source: self.source.clone() }))
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.streams.fmt_as(form, f)
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.streams.properties()
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
        if children.is_empty() { Ok(self) } else { internal_err!("a scan has no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.streams.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.streams.metrics()
    }

    fn fetch(&self) -> Option<usize> {
        self.streams.fetch()
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        self.of(self.streams.with_fetch(limit)?)
    }

    fn try_swapping_with_projection(&self, projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(self.streams.try_swapping_with_projection(projection)?.and_then(|plan| self.of(plan)))
    }
}

/// DataFusion's table of streams, with their source.
#[derive(Debug)]
pub(crate) struct SourcedTable {
    table: StreamingTable,
    source: Arc<dyn StreamSource>,
}

impl SourcedTable {
    /// A table whose streams read the source.
    pub(crate) fn new(table: StreamingTable, source: Arc<dyn StreamSource>) -> SourcedTable {
        SourcedTable { table, source }
    }
}

#[async_trait]
impl TableProvider for SourcedTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.table.scan(session, projection, filters, limit).await?;
        match plan.downcast_ref::<StreamingTableExec>() {
            Some(streams) => Ok(Arc::new(ScanExec::new(streams.clone(), self.source.clone()))),
            None => Ok(plan),
        }
    }
}
