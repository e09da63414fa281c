//! DataFusion drops a sort key that it considers constant, and is wrong about that in two cases.
//!
//! - A union whose legs each have one value, but not the same one. `union (T | extend Source='b'), (U | extend Source='a') |
//!   sort by Source, Time | take 3` returned rows of the wrong leg. Later versions are correct:
//!   <https://github.com/apache/datafusion/pull/23528>.
//! - A join, one side of which has one value, as in `join kind=leftouter (U | extend Found=1) on Key | sort by Found`. Rows
//!   without a match do not have it.

use crate::one_input::one_input;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{AcrossPartitions, EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use std::fmt;
use std::sync::Arc;

/// The rule that hides from later rules what unions and joins declare about their rows, if the plan sorts.
#[derive(Debug)]
pub(crate) struct HidePartitionConstants;

impl PhysicalOptimizerRule for HidePartitionConstants {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        // plans without an order do not need this, and keep the optimizations of a union
        let sorts = plan.exists(|node| {
            let wanted = node.required_input_ordering().iter().any(Option::is_some);
            Ok(wanted || node.downcast_ref::<SortExec>().is_some())
        })?;
        if !sorts {
            return Ok(plan);
        }
        plan.transform_up(|node| {
            let union = node.downcast_ref::<UnionExec>().is_some();
            let constants = if union { node.equivalence_properties().constants() } else { Vec::new() };
            let differ = constants.iter().any(|c| !matches!(c.across_partitions, AcrossPartitions::Uniform(Some(_))));
            // the constants of a join appear only after later rules
            let join = node.name().ends_with("JoinExec");
            Ok(if differ || join {
                Transformed::yes(Arc::new(PlainExec::new(node)) as _)
            } else {
                Transformed::no(node)
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "hide_partition_constants"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows of its input, without any declared properties.
#[derive(Clone, Debug)]
pub(crate) struct PlainExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl PlainExec {
    /// The rows of `input`.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> PlainExec {
        let properties = plain_properties(&input);
        PlainExec { input, properties }
    }
}

/// The properties of a plan, without what it says of its rows.
fn plain_properties(plan: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
    let of_plan = plan.properties();
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(plan.schema()),
        Partitioning::UnknownPartitioning(of_plan.partitioning.partition_count()),
        of_plan.emission_type,
        of_plan.boundedness,
    ))
}

/// What a plan declares about its rows, reduced to their number of partitions and their orders.
pub(crate) fn ordered_properties(plan: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
    let plain = plain_properties(plan);
    let orders = plan.equivalence_properties().oeq_class().clone();
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new_with_orderings(plan.schema(), orders),
        plain.partitioning.clone(),
        plain.emission_type,
        plain.boundedness,
    ))
}

impl DisplayAs for PlainExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "PlainExec")
    }
}

impl ExecutionPlan for PlainExec {
    one_input!("PlainExec", |_node, input| Arc::new(PlainExec::new(input)));

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(filters, &self.children())
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(result))
    }
}
