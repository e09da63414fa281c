//! Runs window functions while the rows arrive. DataFusion's operator collects a whole part, or calls the function for each row.

use super::window::{WholePart, Window};
use crate::memory::{self, Spills};
use crate::registry::{self, Call};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{concat, partition};
use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::StandardWindowExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{WindowAggExec, WindowUDFExpr};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;
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
            Ok(Transformed::yes(Arc::new(RunningWindowsExec {
                input: windows.input().clone(),
                keys,
                functions,
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
struct RunningWindowsExec {
    input: Arc<dyn ExecutionPlan>,
    /// The rows of a part are consecutive and have the same values of these.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    functions: Vec<Function>,
    properties: Arc<PlanProperties>,
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
            Ok([input]) => Ok(Arc::new(RunningWindowsExec { input, ..(*self).clone() })),
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
