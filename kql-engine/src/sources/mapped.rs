//! The partitions of a plan, with a function applied to each batch.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;

/// Converts a batch.
type Map = dyn Fn(&RecordBatch) -> Result<RecordBatch> + Send + Sync;

/// The partitions of `input`; the batches that the function returns have the schema.
pub(crate) fn mapped(
    input: &Arc<dyn ExecutionPlan>,
    schema: &SchemaRef,
    map: impl Fn(&RecordBatch) -> Result<RecordBatch> + Send + Sync + 'static,
) -> Vec<Arc<dyn PartitionStream>> {
    let map: Arc<Map> = Arc::new(map);
    let partitions = 0..input.output_partitioning().partition_count();
    let one = |partition| Mapped { input: input.clone(), partition, schema: schema.clone(), map: map.clone() };
    partitions.map(|partition| Arc::new(one(partition)) as _).collect()
}

struct Mapped {
    input: Arc<dyn ExecutionPlan>,
    partition: usize,
    schema: SchemaRef,
    map: Arc<Map>,
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapped({})", self.partition)
    }
}

impl PartitionStream for Mapped {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let input = match self.input.execute(self.partition, context) {
            Ok(input) => input,
            Err(error) => {
                let failed = futures::stream::iter([Err::<RecordBatch, DataFusionError>(error)]);
                return Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), failed));
            }
        };
        let map = self.map.clone();
        let batches = input.map(move |batch| map(&batch?));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}
