//! Partitions that know their place when a plan is cut for several processes.
//!
//! A process runs some of a plan's partitions, and numbers them anew. What depends on the place of a partition in the whole
//! plan, such as which part of a file it reads, therefore has a second input: [`places`], one row for each partition with
//! its place, which is cut in the same way.

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;

/// That many partitions, each with its place.
pub(crate) fn places(partitions: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::new(Schema::new(vec![Field::new("place", DataType::Int64, false)]));
    let place = |i: usize| -> Result<Vec<RecordBatch>> {
        Ok(vec![RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(vec![i as i64]))])?])
    };
    let rows = (0..partitions).map(place).collect::<Result<Vec<_>>>()?;
    Ok(DataSourceExec::from_data_source(MemorySourceConfig::try_new(&rows, schema, None)?))
}

/// The place of a partition.
pub(crate) async fn place(
    places: &Arc<dyn ExecutionPlan>,
    partition: usize,
    context: &Arc<TaskContext>,
) -> Result<usize> {
    let rows: Vec<RecordBatch> = places.execute(partition, context.clone())?.try_collect().await?;
    let numbers = rows.first().and_then(|rows| rows.columns().first()).and_then(|c| c.as_primitive_opt::<Int64Type>());
    match numbers.and_then(|numbers| usize::try_from(*numbers.values().first()?).ok()) {
        Some(place) => Ok(place),
        None => internal_err!("a partition has no place"),
    }
}

/// A scan of which this plan has some partitions.
#[derive(Clone, Debug)]
pub(crate) struct PlacedExec {
    scan: Arc<dyn ExecutionPlan>,
    places: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl PlacedExec {
    /// The partitions of a scan at these places.
    pub(crate) fn new(scan: Arc<dyn ExecutionPlan>, places: Arc<dyn ExecutionPlan>) -> PlacedExec {
        let of_scan = scan.properties();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(scan.schema()),
            Partitioning::UnknownPartitioning(places.output_partitioning().partition_count()),
            of_scan.emission_type,
            of_scan.boundedness,
        ));
        PlacedExec { scan, places, properties, metrics: ExecutionPlanMetricsSet::new() }
    }

    /// The whole scan.
    pub(crate) fn scan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.scan
    }
}

impl DisplayAs for PlacedExec {
    fn fmt_as(&self, form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlacedExec: {} of ", self.places.output_partitioning().partition_count())?;
        self.scan.fmt_as(form, f)
    }
}

impl ExecutionPlan for PlacedExec {
    fn name(&self) -> &str {
        "PlacedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.places]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([places]) => Ok(Arc::new(PlacedExec::new(self.scan.clone(), places))),
            Err(_) => internal_err!("the places of a scan are one input"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (scan, places) = (self.scan.clone(), self.places.clone());
        let rows = MetricBuilder::new(&self.metrics).output_rows(partition);
        let batches = async move {
            let place = place(&places, partition, &context).await?;
            scan.execute(place, context)
        };
        let batches = futures::stream::once(batches).try_flatten();
        let counted = batches.inspect(move |batch| {
            if let Ok(batch) = batch {
                rows.add(batch.num_rows());
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), counted)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
