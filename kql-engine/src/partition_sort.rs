//! Sorts the partitions of a plan that is cut for several processes.
//!
//! A process that runs no partition of a leg of a union has the leg without partitions. DataFusion's sort then still counts
//! one, or panics when it is reset.

use crate::encoded::Encoded;
use arrow::compute::SortOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Sorts each partition by itself.
#[derive(Clone, Debug)]
pub(crate) struct PartitionSortExec {
    input: Arc<dyn ExecutionPlan>,
    order: LexOrdering,
    /// The rows that are wanted of each partition.
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

#[derive(Serialize, Deserialize)]
struct Data {
    /// For each key, whether it is descending, and whether nulls are first.
    options: Vec<(bool, bool)>,
    fetch: Option<usize>,
}

impl PartitionSortExec {
    /// Does what a sort does. A sort that returns one partition has an input of one.
    pub(crate) fn of(sort: &SortExec) -> PartitionSortExec {
        PartitionSortExec::new(sort.input().clone(), sort.expr().clone(), sort.fetch())
    }

    fn new(input: Arc<dyn ExecutionPlan>, order: LexOrdering, fetch: Option<usize>) -> PartitionSortExec {
        let mut equivalences = input.equivalence_properties().clone();
        // an order that the input has already is no error
        let _ = equivalences.reorder(order.clone());
        let partitioning = input.output_partitioning().clone();
        let properties = PlanProperties::new(equivalences, partitioning, EmissionType::Final, Boundedness::Bounded);
        PartitionSortExec { input, order, fetch, properties: Arc::new(properties) }
    }

    /// It as data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let options = self.order.iter().map(|key| (key.options.descending, key.options.nulls_first)).collect();
        let keys = self.order.iter().map(|key| key.expr.clone()).collect();
        Encoded::with(&Data { options, fetch: self.fetch }, keys)
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded, input: Arc<dyn ExecutionPlan>) -> Result<PartitionSortExec> {
        let Data { options, fetch } = encoded.data()?;
        let key = |(expr, (descending, nulls_first)): (&Arc<dyn PhysicalExpr>, (bool, bool))| PhysicalSortExpr {
            expr: expr.clone(),
            options: SortOptions { descending, nulls_first },
        };
        match LexOrdering::new(encoded.expressions.iter().zip(options).map(key)) {
            Some(order) => Ok(PartitionSortExec::new(input, order, fetch)),
            None => internal_err!("a sort has no keys"),
        }
    }
}

impl DisplayAs for PartitionSortExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartitionSortExec: ")?;
        if let Some(fetch) = self.fetch {
            write!(f, "TopK(fetch={fetch}), ")?;
        }
        write!(f, "expr=[{}]", self.order)
    }
}

impl ExecutionPlan for PartitionSortExec {
    fn name(&self) -> &str {
        "PartitionSortExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for key in &self.order {
            recursion = recursion.visit_sibling(|| visit(&key.expr))?;
        }
        Ok(recursion)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(PartitionSortExec::new(input, self.order.clone(), self.fetch))),
            Err(_) => internal_err!("a sort has one input"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        SortExec::new(self.order.clone(), self.input.clone())
            .with_fetch(self.fetch)
            .with_preserve_partitioning(true)
            .execute(partition, context)
    }
}
