//! Legs of a union with one schema, in a plan that is cut for several processes.
//!
//! DataFusion gives a leg whose columns can be null otherwise than the union's a projection. Such a projection forgets on its
//! way to another process which columns can be null, so that the union gets one more of them there, and the processes do not
//! agree any more on the nodes of the plan.

use crate::encoded::{Encoded, EncodedSchema};
use crate::one_input::one_input;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, replace_children_if_necessary,
};
use futures::TryStreamExt;
use std::fmt;
use std::sync::Arc;

/// Gives the legs of a union its schema.
pub(crate) fn fix_legs(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if node.downcast_ref::<UnionExec>().is_none() && node.downcast_ref::<InterleaveExec>().is_none() {
        return Ok(Transformed::no(node));
    }
    let fixed = |leg: &Arc<dyn ExecutionPlan>| -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(FixedSchemaExec::new(leg.clone(), node.schema())?))
    };
    let legs = node.children().into_iter().map(fixed).collect::<Result<_>>()?;
    replace_children_if_necessary(node, legs).map(Transformed::yes)
}

/// The rows of its input, with a schema of the same types.
#[derive(Clone, Debug)]
pub(crate) struct FixedSchemaExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl FixedSchemaExec {
    fn new(input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Result<FixedSchemaExec> {
        let mut properties = input.properties().as_ref().clone();
        properties.eq_properties = properties.eq_properties.with_new_schema(schema)?;
        Ok(FixedSchemaExec { input, properties: Arc::new(properties) })
    }

    /// It as data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        Encoded::of(&EncodedSchema::of(&self.schema()))
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded, input: Arc<dyn ExecutionPlan>) -> Result<FixedSchemaExec> {
        match encoded.data::<EncodedSchema>()?.restored() {
            Some(schema) => FixedSchemaExec::new(input, schema),
            None => internal_err!("the schema of a leg is damaged"),
        }
    }
}

impl DisplayAs for FixedSchemaExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedSchemaExec")
    }
}

impl ExecutionPlan for FixedSchemaExec {
    one_input!("FixedSchemaExec", |node, input| Arc::new(FixedSchemaExec::new(input, node.schema())?));

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let of_batch = schema.clone();
        let batches = self.input.execute(partition, context)?.and_then(move |batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let batch = RecordBatch::try_new_with_options(of_batch.clone(), batch.columns().to_vec(), &options);
            std::future::ready(batch.map_err(Into::into))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}
