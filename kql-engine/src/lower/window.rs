//! Columns that refer to other rows, as window functions over all rows of a part.

use super::{Lowering, column, name};
use crate::plan::{ColumnId, Node, Order, WindowCall};
use crate::registry::{self, Call, CallInfo, Eval, ScalarFunction};
use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    self as df, ColumnarValue, LogicalPlan, LogicalPlanBuilder, PartitionEvaluator, Signature, SortExpr, Volatility,
    WindowFrame, WindowFunctionDefinition, WindowUDF, WindowUDFImpl, lit,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

impl Lowering<'_> {
    /// The input with its rows numbered, and the columns of the calls.
    pub(super) fn window(
        &self,
        input: &Arc<Node>,
        order: &Order,
        partition: &[ColumnId],
        row: ColumnId,
        calls: &[WindowCall],
    ) -> Result<LogicalPlan> {
        let plan = self.node(input)?;
        let mut windows = vec![over(WholePart::Number, Vec::new(), order, partition).alias(name(row))];
        for call in calls {
            let args = call.args.iter().map(|a| self.expr(a)).collect::<Result<Vec<_>>>()?;
            let constant = |arg: &df::Expr| match arg {
                df::Expr::Literal(scalar, _) => crate::value::Value::from_scalar(scalar),
                _ => None,
            };
            let info = CallInfo {
                types: call.args.iter().map(|a| a.ty).collect(),
                constants: args.iter().map(constant).collect(),
                returns: call.ty,
            };
            windows.push(over(WholePart::Call(call.function, info), args, order, partition).alias(name(call.id)));
        }
        // each window has a generated name, and a projection renames it
        let mut bare: Vec<df::Expr> = Vec::with_capacity(windows.len());
        for window in &windows {
            let window = window.clone().unalias();
            // a call that is written twice is computed once
            if bare.iter().all(|known| known.schema_name().to_string() != window.schema_name().to_string()) {
                bare.push(window);
            }
        }
        let mut columns: Vec<df::Expr> = input.columns().iter().map(|(id, _)| column(*id)).collect();
        columns.extend(windows);
        let plan = LogicalPlanBuilder::window_plan(plan, bare)?;
        LogicalPlanBuilder::from(plan).project(rebased(columns))?.build()
    }

    /// The first rows of each part.
    pub(super) fn limit_of_parts(
        &self,
        input: &Arc<Node>,
        count: usize,
        order: &Order,
        partition: &[ColumnId],
    ) -> Result<LogicalPlan> {
        let plan = self.node(input)?;
        let number = over(WholePart::Number, Vec::new(), order, partition);
        let mut columns: Vec<df::Expr> = input.columns().iter().map(|(id, _)| column(*id)).collect();
        let kept = columns.clone();
        columns.push(number.clone().alias(NUMBER));
        let plan = LogicalPlanBuilder::window_plan(plan, vec![number])?;
        let number = df::Expr::Column(datafusion::common::Column::new_unqualified(NUMBER));
        LogicalPlanBuilder::from(plan)
            .project(rebased(columns))?
            .filter(number.lt_eq(lit(count as i64)))?
            .project(kept)?
            .build()
    }
}

/// The name of the column with the number of a row within its part.
const NUMBER: &str = "number";

/// The windows as columns of the plan that computes them.
fn rebased(columns: Vec<df::Expr>) -> Vec<df::Expr> {
    let as_column =
        |e: &df::Expr| df::Expr::Column(datafusion::common::Column::new_unqualified(e.schema_name().to_string()));
    columns
        .into_iter()
        .map(|e| match &e {
            df::Expr::Alias(alias) if matches!(&*alias.expr, df::Expr::WindowFunction(_)) => {
                as_column(&alias.expr).alias(alias.name.clone())
            }
            _ => e,
        })
        .collect()
}

/// A window over all rows of each part, in order.
fn over(function: WholePart, args: Vec<df::Expr>, order: &Order, partition: &[ColumnId]) -> df::Expr {
    let order_by: Vec<SortExpr> = order.iter().map(|k| column(k.column).sort(k.ascending, k.nulls_first)).collect();
    let udf = WindowUDF::new_from_impl(Window { function, signature: signature(args.len()) });
    df::Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(Arc::new(udf)),
        params: WindowFunctionParams {
            args,
            partition_by: partition.iter().map(|id| column(*id)).collect(),
            window_frame: WindowFrame::new(None),
            order_by,
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

fn signature(args: usize) -> Signature {
    if args == 0 { Signature::nullary(Volatility::Immutable) } else { Signature::variadic_any(Volatility::Immutable) }
}

/// The function that is computed over a part.
#[derive(Clone, PartialEq)]
pub(super) enum WholePart {
    /// The number of the row, starting with 1.
    Number,
    /// A function of the registry.
    Call(&'static ScalarFunction, CallInfo),
}

/// The function as data.
#[derive(Serialize, Deserialize)]
pub(super) enum EncodedWhole {
    Number,
    Call(String, CallInfo),
}

impl WholePart {
    /// As data.
    pub(super) fn encode(&self) -> EncodedWhole {
        match self {
            WholePart::Number => EncodedWhole::Number,
            WholePart::Call(function, info) => EncodedWhole::Call(function.name.to_owned(), info.clone()),
        }
    }

    /// From its data.
    pub(super) fn decode(encoded: EncodedWhole) -> Result<WholePart> {
        Ok(match encoded {
            EncodedWhole::Number => WholePart::Number,
            EncodedWhole::Call(name, info) => match crate::functions::scalar(&name) {
                Some(function) => WholePart::Call(function, info),
                None => return internal_err!("the function {name} is not known"),
            },
        })
    }

    /// The type of its values.
    pub(super) fn returns(&self) -> DataType {
        match self {
            WholePart::Number => DataType::Int64,
            WholePart::Call(_, info) => info.returns.arrow(),
        }
    }

    /// The function at the start of a part.
    pub(super) fn start(&self) -> Result<Box<dyn registry::Window>> {
        match self {
            WholePart::Number => {
                let mut number = 0;
                Ok(Box::new(move |call: &Call| {
                    let first = number + 1;
                    number += call.rows as i64;
                    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(first..=number));
                    Ok(ColumnarValue::Array(numbers))
                }))
            }
            WholePart::Call(function, info) => match function.eval {
                Eval::Window(start) => start(info),
                _ => internal_err!("{} is no window function", function.name),
            },
        }
    }
}

/// Stands for the function while DataFusion plans.
#[derive(Debug)]
struct Replaced;

impl PartitionEvaluator for Replaced {}

/// The function as DataFusion's planner knows it; a rule replaces the operator that would run it
/// ([`RunningWindows`](super::running_windows::RunningWindows)).
pub(super) struct Window {
    pub(super) function: WholePart,
    signature: Signature,
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
    }
}

impl Eq for Window {}

impl Hash for Window {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl WindowUDFImpl for Window {
    fn name(&self) -> &str {
        match &self.function {
            WholePart::Number => "number_of_row",
            WholePart::Call(function, _) => function.name,
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.function.returns(), true)))
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Replaced))
    }
}
