//! A table with an additional column: the position of each row. The numbers increase along the rows, whatever the batches
//! and partitions are, and have no other meaning.

use crate::placed::place;
use crate::plan::ROW;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;

/// Rows of a partition come after those of the partitions before it; each partition has room for 2^40 rows.
const PARTITION_BITS: u32 = 40;

/// The table with its rows numbered.
#[derive(Debug)]
pub(crate) struct Numbered {
    table: Arc<dyn TableProvider>,
    schema: SchemaRef,
}

impl Numbered {
    pub(crate) fn new(table: Arc<dyn TableProvider>) -> Numbered {
        let schema = with_row(&table.schema());
        Numbered { table, schema }
    }
}

fn with_row(schema: &Schema) -> SchemaRef {
    let row = Arc::new(Field::new(ROW, DataType::Int64, false));
    Arc::new(Schema::new(schema.fields().iter().cloned().chain([row]).collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for Numbered {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.table.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let number = self.schema.fields().len() - 1;
        let wanted: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..=number).collect());
        let inner: Vec<usize> = wanted.iter().copied().filter(|i| *i != number).collect();
        let input = self.table.scan(state, Some(&inner), filters, limit).await?;
        if inner.len() == wanted.len() {
            return Ok(input);
        }
        let numbered: Arc<dyn ExecutionPlan> = Arc::new(NumberExec::new(input));
        if wanted.last() == Some(&number) {
            return Ok(numbered);
        }
        let schema = numbered.schema();
        let mut columns = Vec::with_capacity(wanted.len());
        for i in wanted {
            let name = self.schema.field(i).name();
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(name, schema.index_of(name)?));
            columns.push(ProjectionExpr { expr: column, alias: name.clone() });
        }
        Ok(Arc::new(ProjectionExec::try_new(columns, numbered)?))
    }
}

/// Numbers the rows of its input.
#[derive(Clone, Debug)]
pub(crate) struct NumberExec {
    input: Arc<dyn ExecutionPlan>,
    /// The places of the partitions, if the plan is cut.
    places: Option<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl NumberExec {
    /// With the places of the partitions, for a plan that is cut.
    pub(crate) fn placed(input: Arc<dyn ExecutionPlan>, places: Arc<dyn ExecutionPlan>) -> NumberExec {
        NumberExec { places: Some(places), ..NumberExec::new(input) }
    }

    fn new(input: Arc<dyn ExecutionPlan>) -> NumberExec {
        let schema = with_row(&input.schema());
        let row = Column::new(ROW, schema.fields().len() - 1);
        let ascending = SortOptions { descending: false, nulls_first: false };
        let order = PhysicalSortExpr { expr: Arc::new(row), options: ascending };
        let of_input = input.properties();
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(schema, [[order]]),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(of_input.partitioning.partition_count()),
            of_input.emission_type,
            of_input.boundedness,
        );
        NumberExec { input, places: None, properties: Arc::new(properties) }
    }
}

impl DisplayAs for NumberExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "NumberExec")
    }
}

impl ExecutionPlan for NumberExec {
    fn name(&self) -> &str {
        "NumberExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        std::iter::once(&self.input).chain(&self.places).collect()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        // it does, but a sort that moved below it would change the numbers
        vec![false; self.children().len()]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // with more partitions the rows would be mixed
        vec![false; self.children().len()]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut children = children.into_iter();
        match (children.next(), children.next()) {
            (Some(input), None) => Ok(Arc::new(NumberExec::new(input))),
            (Some(input), Some(places)) => Ok(Arc::new(NumberExec::placed(input, places))),
            (None, _) => internal_err!("one input is numbered"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let numbered = schema.clone();
        let numbered = move |input: SendableRecordBatchStream, place: usize| {
            let mut next = (place as i64) << PARTITION_BITS;
            input.map(move |batch| {
                let batch = batch?;
                let rows = batch.num_rows() as i64;
                let number: ArrayRef = Arc::new(Int64Array::from_iter_values(next..next + rows));
                next += rows;
                let columns = batch.columns().iter().cloned().chain([number]).collect();
                Ok(RecordBatch::try_new(numbered.clone(), columns)?)
            })
        };
        let input = self.input.execute(partition, context.clone())?;
        let Some(places) = self.places.clone() else {
            return Ok(Box::pin(RecordBatchStreamAdapter::new(schema, numbered(input, partition))));
        };
        let batches = async move { Result::<_>::Ok(numbered(input, place(&places, partition, &context).await?)) };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::once(batches).try_flatten())))
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
        FilterDescription::from_children(filters, &[&self.input])
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
