//! The input of `mv-expand` in slices: all elements of a batch are rows of one batch afterwards, so a batch of long lists
//! is cut before they are counted.

use crate::one_input::one_input;
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The bytes of a slice, unless one row has more: about 500,000 short elements.
const BYTES: usize = 1 << 20;

/// The expansion of lists, with the input of the projection below, which reads the lists, in slices.
pub(crate) fn in_slices(unnest: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let [lists] = unnest.children()[..] else { return Ok(unnest) };
    if lists.downcast_ref::<ProjectionExec>().is_none() {
        return Ok(unnest);
    }
    let [input] = lists.children()[..] else { return Ok(unnest) };
    let slices = Arc::new(SlicesExec { input: input.clone() });
    let lists = with_input(lists.clone(), slices)?;
    with_input(unnest, lists)
}

fn with_input(plan: Arc<dyn ExecutionPlan>, input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.replace_children(vec![input], ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
}

/// Returns the rows of its input in batches of bounded size.
#[derive(Clone, Debug)]
pub(crate) struct SlicesExec {
    input: Arc<dyn ExecutionPlan>,
}

impl SlicesExec {
    /// The rows of `input`.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> SlicesExec {
        SlicesExec { input }
    }
}

impl DisplayAs for SlicesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlicesExec")
    }
}

impl ExecutionPlan for SlicesExec {
    one_input!("SlicesExec", |_node, input| Arc::new(SlicesExec { input }));

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(Slices { input: self.input.execute(partition, context)?, rest: None }))
    }
}

struct Slices {
    input: SendableRecordBatchStream,
    /// What is left of a batch, and the rows of a slice of it.
    rest: Option<(RecordBatch, usize)>,
}

/// How many rows of the batch have about [`BYTES`] together.
fn rows_of_slice(batch: &RecordBatch) -> usize {
    let bytes: usize = batch.columns().iter().map(|c| c.to_data().get_slice_memory_size().unwrap_or(0)).sum();
    let slices = bytes.div_ceil(BYTES).max(1);
    batch.num_rows().div_ceil(slices).max(1)
}

impl Stream for Slices {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (batch, rows) = match self.rest.take() {
            Some(rest) => rest,
            None => match self.input.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(batch))) => {
                    let rows = rows_of_slice(&batch);
                    (batch, rows)
                }
                other => return other,
            },
        };
        if rows >= batch.num_rows() {
            return Poll::Ready(Some(Ok(batch)));
        }
        self.rest = Some((batch.slice(rows, batch.num_rows() - rows), rows));
        Poll::Ready(Some(Ok(batch.slice(0, rows))))
    }
}

impl RecordBatchStream for Slices {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, rows_of_slice};
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use std::sync::Arc;

    fn batch(texts: &[usize]) -> RecordBatch {
        let texts: StringArray = texts.iter().map(|n| Some("x".repeat(*n))).collect();
        RecordBatch::try_from_iter([("a", Arc::new(texts) as ArrayRef)]).unwrap()
    }

    #[test]
    fn slices_have_bounded_bytes_and_at_least_one_row() {
        assert_eq!(rows_of_slice(&batch(&[10; 1000])), 1000);
        assert_eq!(rows_of_slice(&batch(&[BYTES / 10; 100])), 10);
        assert_eq!(rows_of_slice(&batch(&[BYTES * 3, BYTES * 3])), 1);
        assert_eq!(rows_of_slice(&batch(&[])), 1);
        // only the rows of a slice count, not the buffers that it shares
        assert_eq!(rows_of_slice(&batch(&[BYTES / 10; 100]).slice(0, 5)), 5);
    }
}
