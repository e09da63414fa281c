//! Runs window functions while the rows arrive. DataFusion's operator collects a whole part, or calls the function for each row.

use super::window::{EncodedWhole, WholePart, Window};
use crate::encoded::Encoded;
use crate::memory::{self, Spills};
use crate::registry::{self, Call};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{SortOptions, concat, partition};
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::window::StandardWindowExpr;
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexRequirement, OrderingRequirements, PhysicalExpr, PhysicalSortRequirement,
};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{WindowAggExec, WindowUDFExpr};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements, Partitioning,
    PlanProperties,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The rule that replaces DataFusion's operator, after all other rules: the rows are in order by then.
#[derive(Debug)]
pub(crate) struct RunningWindows;

impl PhysicalOptimizerRule for RunningWindows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(windows) = node.downcast_ref::<WindowAggExec>() else { return Ok(Transformed::no(node)) };
            let Some(functions) = functions(windows) else { return Ok(Transformed::no(node)) };
            let keys = windows.window_expr().first().map(|first| first.partition_by().to_vec()).unwrap_or_default();
            let ordering = windows.required_input_ordering().into_iter().next().flatten();
            Ok(Transformed::yes(Arc::new(RunningWindowsExec {
                input: windows.input().clone(),
                keys,
                functions,
                ordering,
                properties: node.properties().clone(),
            }) as _))
        })
        .data()
    }

    fn name(&self) -> &str {
        "running_windows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The functions of the operator; `None` if one is not of the registry.
fn functions(windows: &WindowAggExec) -> Option<Vec<Function>> {
    let function = |window: &Arc<dyn datafusion::physical_plan::WindowExpr>| {
        let standard = window.as_any().downcast_ref::<StandardWindowExpr>()?;
        let udf = standard.get_standard_func_expr().as_any().downcast_ref::<WindowUDFExpr>()?;
        let window: &Window = udf.fun().inner().downcast_ref()?;
        Some(Function { whole: window.function.clone(), args: udf.args().to_vec() })
    };
    windows.window_expr().iter().map(function).collect()
}

#[derive(Clone)]
struct Function {
    whole: WholePart,
    args: Vec<Arc<dyn PhysicalExpr>>,
}

/// The input with the columns of window functions.
#[derive(Clone)]
pub(crate) struct RunningWindowsExec {
    input: Arc<dyn ExecutionPlan>,
    /// The rows of a part are consecutive and have the same values of these.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    functions: Vec<Function>,
    /// The order of the input, if any.
    ordering: Option<OrderingRequirements>,
    properties: Arc<PlanProperties>,
}

/// The node as data. Its expressions are the keys, the arguments of the functions, and those of the order.
#[derive(Serialize, Deserialize)]
struct RunningWindowsData {
    keys: usize,
    /// For each function the name of its column, and the number of its arguments.
    functions: Vec<(EncodedWhole, String, usize)>,
    /// For each expression of the order: descending, nulls first; `None` for any order.
    order: Vec<Option<(bool, bool)>>,
}

impl RunningWindowsExec {
    /// As data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let schema = self.schema();
        let before = schema.fields().len().saturating_sub(self.functions.len());
        let mut expressions = self.keys.clone();
        let function = |(i, function): (usize, &Function)| {
            let name = schema.field(before + i).name().clone();
            (function.whole.encode(), name, function.args.len())
        };
        let functions = self.functions.iter().enumerate().map(function).collect();
        expressions.extend(self.functions.iter().flat_map(|function| function.args.iter().cloned()));
        let mut order = Vec::new();
        for key in self.ordering.iter().flat_map(|ordering| ordering.first().clone()) {
            order.push(key.options.map(|options| (options.descending, options.nulls_first)));
            expressions.push(key.expr);
        }
        Encoded::with(&RunningWindowsData { keys: self.keys.len(), functions, order }, expressions)
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded, input: Arc<dyn ExecutionPlan>) -> Result<RunningWindowsExec> {
        let RunningWindowsData { keys, functions, order } = encoded.data()?;
        let mut expressions = encoded.expressions.iter().cloned();
        let keys = expressions.by_ref().take(keys).collect();
        let mut fields: Vec<FieldRef> = input.schema().fields().iter().cloned().collect();
        let mut decoded = Vec::with_capacity(functions.len());
        for (whole, name, args) in functions {
            let whole = WholePart::decode(whole)?;
            fields.push(Arc::new(Field::new(name, whole.returns(), true)));
            decoded.push(Function { whole, args: expressions.by_ref().take(args).collect() });
        }
        let requirements = expressions.zip(order).map(|(expr, options)| {
            let options = options.map(|(descending, nulls_first)| SortOptions { descending, nulls_first });
            PhysicalSortRequirement::new(expr, options)
        });
        let ordering = LexRequirement::new(requirements).map(OrderingRequirements::new);
        let of_input = input.properties();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(Schema::new(fields))),
            Partitioning::UnknownPartitioning(of_input.partitioning.partition_count()),
            of_input.emission_type,
            of_input.boundedness,
        );
        Ok(RunningWindowsExec { input, keys, functions: decoded, ordering, properties: Arc::new(properties) })
    }

    /// Its properties above another input.
    fn properties_above(&self, input: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
        let count = input.output_partitioning().partition_count();
        if self.properties.partitioning.partition_count() == count {
            return self.properties.clone();
        }
        let mut properties = self.properties.as_ref().clone();
        properties.partitioning = Partitioning::UnknownPartitioning(count);
        Arc::new(properties)
    }
}

impl fmt::Debug for RunningWindowsExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunningWindowsExec({} columns)", self.functions.len())
    }
}

impl DisplayAs for RunningWindowsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "RunningWindowsExec")
    }
}

impl ExecutionPlan for RunningWindowsExec {
    fn name(&self) -> &str {
        "RunningWindowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![self.ordering.clone()]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let distribution = if self.keys.is_empty() {
            Distribution::SinglePartition
        } else {
            Distribution::KeyPartitioned(self.keys.clone())
        };
        InputDistributionRequirements::new(vec![distribution])
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expression in self.keys.iter().chain(self.functions.iter().flat_map(|function| &function.args)) {
            if f(expression)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => {
                let properties = self.properties_above(&input);
                Ok(Arc::new(RunningWindowsExec { input, properties, ..(*self).clone() }))
            }
            Err(_) => internal_err!("one input has windows"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let ahead = self.functions.iter().map(|f| f.whole.start().map(|window| window.ahead()));
        let running = Running {
            keys: self.keys.clone(),
            functions: self.functions.clone(),
            schema: schema.clone(),
            ahead: ahead.collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or(0),
            windows: Vec::new(),
            last_key: None,
            held: VecDeque::new(),
            ended: false,
            reservation: memory::reservation(&context.runtime_env(), "next", Spills::Never),
        };
        let input = self.input.execute(partition, context)?;
        let batches = futures::stream::try_unfold((input, running), |(mut input, mut running)| async move {
            loop {
                if let Some(batch) = running.ready()? {
                    return Ok(Some((batch, (input, running))));
                }
                if running.ended {
                    return Ok(None);
                }
                match input.next().await {
                    Some(batch) => running.add(batch?)?,
                    None => running.ended = true,
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// A batch that waits for the rows after it.
struct Held {
    batch: RecordBatch,
    /// The rows of each part; whether the first one continues the part before.
    parts: Vec<Range<usize>>,
    continues: bool,
    /// The arguments of each function.
    args: Vec<Vec<ColumnarValue>>,
}

struct Running {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    functions: Vec<Function>,
    schema: SchemaRef,
    /// How many rows after a row the functions need.
    ahead: usize,
    /// The functions in the part of the last row that was returned.
    windows: Vec<Box<dyn registry::Window>>,
    /// The key of the last row that was added.
    last_key: Option<Vec<ArrayRef>>,
    held: VecDeque<Held>,
    /// Whether all rows were added.
    ended: bool,
    reservation: MemoryReservation,
}

impl Running {
    fn add(&mut self, batch: RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let key = |e: &Arc<dyn PhysicalExpr>| e.evaluate(&batch)?.into_array(rows);
        let keys = self.keys.iter().map(key).collect::<Result<Vec<ArrayRef>>>()?;
        let all = 0..rows;
        let parts = if keys.is_empty() { Vec::from([all]) } else { partition(&keys)?.ranges() };
        let continues = match &self.last_key {
            None => false,
            Some(last) => {
                let both = |(last, keys): (&ArrayRef, &ArrayRef)| concat(&[last.as_ref(), keys.slice(0, 1).as_ref()]);
                let both = last.iter().zip(&keys).map(both).collect::<std::result::Result<Vec<_>, _>>()?;
                both.is_empty() || partition(&both)?.len() == 1
            }
        };
        self.last_key = Some(keys.iter().map(|key| key.slice(rows - 1, 1)).collect());
        let arguments = |f: &Function| f.args.iter().map(|arg| arg.evaluate(&batch)).collect::<Result<Vec<_>>>();
        let args = self.functions.iter().map(arguments).collect::<Result<Vec<_>>>()?;
        if self.ahead > 0 {
            self.reservation.try_grow(get_record_batch_memory_size(&batch))?;
        }
        self.held.push_back(Held { batch, parts, continues, args });
        Ok(())
    }

    /// The first batch with its columns, if the rows after it are known that it needs.
    fn ready(&mut self) -> Result<Option<RecordBatch>> {
        if self.held.is_empty() || (self.ahead > 0 && !self.ended && !self.is_known()) {
            return Ok(None);
        }
        self.next().map(Some)
    }

    /// Whether the part of the last row of the first batch has ended, or enough of its rows are there.
    fn is_known(&self) -> bool {
        let mut rows = 0;
        for held in self.held.iter().skip(1) {
            if !held.continues || held.parts.len() > 1 {
                return true;
            }
            rows += held.batch.num_rows();
            if rows >= self.ahead {
                return true;
            }
        }
        false
    }

    /// The first batch with its columns.
    fn next(&mut self) -> Result<RecordBatch> {
        let Some(held) = self.held.pop_front() else { return internal_err!("no batch is left") };
        let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(held.parts.len()); self.functions.len()];
        for (n, part) in held.parts.iter().enumerate() {
            if n > 0 || !held.continues {
                self.windows = self.functions.iter().map(|f| f.whole.start()).collect::<Result<_>>()?;
            }
            let last = n + 1 == held.parts.len();
            for (f, column) in columns.iter_mut().enumerate() {
                column.push(self.values(&held, f, part, last)?);
            }
        }
        let mut arrays = held.batch.columns().to_vec();
        for column in columns {
            arrays.push(match column.as_slice() {
                [one] => one.clone(),
                many => concat(&many.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?,
            });
        }
        if self.ahead > 0 {
            self.reservation.try_shrink(get_record_batch_memory_size(&held.batch))?;
        }
        Ok(RecordBatch::try_new(self.schema.clone(), arrays)?)
    }

    /// The values of a function for rows of a part; `last` if the part can continue in the next batches.
    fn values(&mut self, held: &Held, f: usize, rows: &Range<usize>, last: bool) -> Result<ArrayRef> {
        let (Some(function), Some(window), Some(args)) =
            (self.functions.get(f), self.windows.get_mut(f), held.args.get(f))
        else {
            return internal_err!("a window function is missing");
        };
        let mut ahead = if last { window.ahead() } else { 0 };
        let mut pieces: Vec<Vec<ColumnarValue>> = vec![sliced(args, rows)];
        // within the batch, the part has no other rows
        for next in self.held.iter().take_while(|next| next.continues) {
            let Some(first) = next.parts.first().filter(|_| ahead > 0) else { break };
            let taken = first.len().min(ahead);
            pieces.extend(next.args.get(f).map(|args| sliced(args, &(0..taken))));
            ahead = if next.parts.len() > 1 { 0 } else { ahead - taken };
        }
        let args = joined(pieces)?;
        let (types, returns) = match &function.whole {
            WholePart::Number => (&[] as &[ScalarType], ScalarType::Long),
            WholePart::Call(_, info) => (info.types.as_slice(), info.returns),
        };
        window.values(&Call { args: &args, rows: rows.len(), types, returns })?.into_array(rows.len())
    }
}

fn sliced(args: &[ColumnarValue], rows: &Range<usize>) -> Vec<ColumnarValue> {
    let slice = |arg: &ColumnarValue| match arg {
        ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(rows.start, rows.len())),
        scalar => scalar.clone(),
    };
    args.iter().map(slice).collect()
}

/// The arguments for all rows.
fn joined(mut pieces: Vec<Vec<ColumnarValue>>) -> Result<Vec<ColumnarValue>> {
    if pieces.len() == 1 {
        return Ok(pieces.pop().unwrap_or_default());
    }
    let Some(first) = pieces.first() else { return Ok(Vec::new()) };
    let mut all = Vec::with_capacity(first.len());
    for (i, arg) in first.iter().enumerate() {
        if let ColumnarValue::Scalar(_) = arg {
            all.push(arg.clone());
            continue;
        }
        let arrays = pieces.iter().filter_map(|piece| match piece.get(i) {
            Some(ColumnarValue::Array(array)) => Some(array.as_ref()),
            _ => None,
        });
        all.push(ColumnarValue::Array(concat(&arrays.collect::<Vec<_>>())?));
    }
    Ok(all)
}
