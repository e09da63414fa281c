//! Groups and aggregates.

use super::udaf::{Returned, Udaf};
use super::{Lowering, column, name};
use crate::plan::{Aggregate, ColumnId, Expr, Node, Order};
use crate::registry::rows::{field_name, first_not_null};
use crate::registry::{AggregateArgs, CallInfo, Outputs, Reduce};
use crate::types::ScalarType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{self as df, LogicalPlan, LogicalPlanBuilder, lit};
use std::sync::Arc;

impl Lowering<'_> {
    /// Groups and aggregates; an aggregate with several columns returns a struct, which is split after it.
    pub(super) fn aggregate(
        &self,
        input: &Arc<Node>,
        groups: &[(ColumnId, Expr)],
        aggregates: &[Aggregate],
        order: &Order,
    ) -> Result<LogicalPlan> {
        if groups.is_empty() && aggregates.is_empty() {
            return LogicalPlanBuilder::empty(false).build();
        }
        let mut input = self.node(input)?;
        let mut keys = groups.iter().map(|(id, e)| Ok(self.expr(e)?.alias(name(*id)))).collect::<Result<Vec<_>>>()?;
        if self.sorts() && !keys.is_empty() {
            (input, keys) = in_order_of(input, keys, order)?;
        }
        let mut calls = Calls::default();
        let mut outputs: Vec<df::Expr> = groups.iter().map(|(id, _)| column(*id)).collect();
        for aggregate in aggregates {
            let value = calls.extract(self.reduce(aggregate, order)?)?;
            match aggregate.function.outputs {
                Outputs::One => {
                    let Some((id, _)) = aggregate.outputs.first() else { continue };
                    outputs.push(value.alias(name(*id)));
                }
                Outputs::EachArgument | Outputs::EachFrom(_) => {
                    for (n, (id, ty)) in aggregate.outputs.iter().enumerate() {
                        let field = get_field(value.clone(), field_name(n));
                        // without rows there is no struct, but a string must not be null
                        let field = match ty {
                            ScalarType::String => first_not_null(vec![field, lit("")])?,
                            _ => field,
                        };
                        outputs.push(field.alias(name(*id)));
                    }
                }
            }
        }
        let calls = calls.0.into_iter().enumerate().map(|(i, call)| call.alias(Calls::name(i))).collect::<Vec<_>>();
        LogicalPlanBuilder::from(input).aggregate(keys, calls)?.project(outputs)?.build()
    }

    fn reduce(&self, aggregate: &Aggregate, order: &Order) -> Result<df::Expr> {
        let mut args = aggregate.args.iter().map(|a| self.expr(a)).collect::<Result<Vec<_>>>()?;
        let mut types: Vec<ScalarType> = aggregate.args.iter().map(|a| a.ty).collect();
        let mut function = aggregate.function;
        let mut condition = None;
        if let Reduce::If(inner, at) = function.reduce {
            types.remove(at);
            condition = Some(args.remove(at));
            function = inner;
        }
        let constants = args
            .iter()
            .map(|a| match a {
                df::Expr::Literal(scalar, _) => crate::value::Value::from_scalar(scalar),
                _ => None,
            })
            .collect();
        let info = CallInfo { types, constants, returns: aggregate.ty };
        let reduced = match function.reduce {
            Reduce::Expr(reduce) => reduce(&info, args)?,
            Reduce::Accumulator { ordered, .. } => {
                let returns = match function.outputs {
                    Outputs::One => Returned::Value(aggregate.ty),
                    Outputs::EachArgument => Returned::Row(info.types.clone()),
                    Outputs::EachFrom(_) => Returned::Row(vec![aggregate.ty; aggregate.outputs.len()]),
                };
                let order = if ordered { order.as_slice() } else { &[] };
                self.accumulate(function, info, args, order, returns)
                    .inspect_err(|error| self.blame_query(error, aggregate.span))?
            }
            Reduce::If(..) => return internal_err!("{} is a conditional form twice", function.name),
        };
        match condition {
            Some(condition) => filtered(reduced, &condition),
            None => Ok(reduced),
        }
    }

    /// A call of one of our accumulators; the order of the rows is one more argument.
    fn accumulate(
        &self,
        function: &'static crate::registry::AggregateFunction,
        info: CallInfo,
        mut args: Vec<df::Expr>,
        order: &[crate::plan::OrderKey],
        returns: Returned,
    ) -> Result<df::Expr> {
        let ordered = !order.is_empty();
        if ordered {
            args.push(super::order_key::order_key(order));
        }
        let udaf = Udaf::prepare(function, AggregateArgs { info, ordered }, returns)?;
        Ok(df::Expr::AggregateFunction(AggregateFunction {
            func: Arc::new(udaf),
            params: AggregateFunctionParams {
                args,
                distinct: false,
                filter: None,
                order_by: Vec::new(),
                null_treatment: None,
            },
        }))
    }

    /// The first row for each value of the keys.
    pub(super) fn first_of(
        &self,
        input: &Arc<Node>,
        keys: &[Expr],
        columns: &[(ColumnId, ScalarType)],
        order: &Order,
    ) -> Result<LogicalPlan> {
        let types: Vec<ScalarType> = columns.iter().map(|(_, ty)| *ty).collect();
        let info = CallInfo { constants: vec![None; types.len()], types: types.clone(), returns: ScalarType::Dynamic };
        let args = columns.iter().map(|(id, _)| column(*id)).collect();
        let function: &'static crate::registry::AggregateFunction = &crate::aggregates::TAKE_ANY;
        let first = self.accumulate(function, info, args, order, Returned::Row(types))?.alias("row");
        let mut keys = keys.iter().map(|key| self.expr(key)).collect::<Result<Vec<_>>>()?;
        let mut input = self.node(input)?;
        if self.sorts() && !keys.is_empty() {
            (input, keys) = in_order_of(input, keys, order)?;
        }
        let keys: Vec<df::Expr> =
            keys.into_iter().enumerate().map(|(i, key)| key.unalias().alias(format!("k{i}"))).collect();
        let row = df::Expr::Column(datafusion::common::Column::new_unqualified("row"));
        let outputs = columns
            .iter()
            .enumerate()
            .map(|(n, (id, _))| get_field(row.clone(), field_name(n)).alias(name(*id)))
            .collect::<Vec<_>>();
        LogicalPlanBuilder::from(input).aggregate(keys, vec![first])?.project(outputs)?.build()
    }
}

/// The input in the order of the keys, so that only one group is in memory; and the keys as columns of it.
fn in_order_of(input: LogicalPlan, keys: Vec<df::Expr>, order: &Order) -> Result<(LogicalPlan, Vec<df::Expr>)> {
    let mut columns: Vec<df::Expr> = input.schema().columns().into_iter().map(df::Expr::Column).collect();
    let mut sorted = Vec::with_capacity(keys.len());
    let mut known = Vec::with_capacity(keys.len());
    for (i, key) in keys.into_iter().enumerate() {
        let own = format!("key{i}");
        let column = df::Expr::Column(datafusion::common::Column::new_unqualified(&own));
        known.push(column.clone().alias(key.schema_name().to_string()));
        sorted.push(column.sort(true, true));
        columns.push(key.unalias().alias(own));
    }
    // lists are in the order of the rows: then they arrive so
    sorted.extend(order.iter().map(|key| column(key.column).sort(key.ascending, key.nulls_first)));
    Ok((super::projected(input, columns).map(LogicalPlanBuilder::from)?.sort(sorted)?.build()?, known))
}

/// The aggregate over the rows for which the condition is true.
fn filtered(reduced: df::Expr, condition: &df::Expr) -> Result<df::Expr> {
    let replaced = reduced.transform_down(|e| match e {
        df::Expr::AggregateFunction(mut call) => {
            call.params.filter = Some(Box::new(condition.clone()));
            Ok(Transformed::new(df::Expr::AggregateFunction(call), true, TreeNodeRecursion::Jump))
        }
        e => Ok(Transformed::no(e)),
    })?;
    Ok(replaced.data)
}

/// The distinct aggregates of a plan node; the expressions over them are in the projection after it.
#[derive(Default)]
struct Calls(Vec<df::Expr>);

impl Calls {
    fn name(i: usize) -> String {
        format!("a{i}")
    }

    /// The expression with its aggregates replaced by columns.
    fn extract(&mut self, e: df::Expr) -> Result<df::Expr> {
        let replaced = e.transform_down(|e| {
            if !matches!(e, df::Expr::AggregateFunction(_)) {
                return Ok(Transformed::no(e));
            }
            let i = self.0.iter().position(|known| *known == e).unwrap_or_else(|| {
                self.0.push(e);
                self.0.len() - 1
            });
            let column = df::Expr::Column(datafusion::common::Column::new_unqualified(Calls::name(i)));
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        })?;
        Ok(replaced.data)
    }
}
