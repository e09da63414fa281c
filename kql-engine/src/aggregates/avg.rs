//! `avg()`

use crate::registry::{
    AggregateFunction, Outputs,
    ParameterType::{Integer, Is},
    Reduce, ResultName, Returns, p, sig,
};
use crate::types::ScalarType::{Datetime, Decimal, Real, Timespan};
use arrow::datatypes::DataType;
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::{avg, count, sum};
use datafusion::logical_expr::{cast, lit, when};

pub static AVG: AggregateFunction = AggregateFunction {
    name: "avg",
    aliases: &[],
    signatures: &[
        sig(&[p("expr", Integer)], Returns::Is(Real)),
        sig(&[p("expr", Is(Real))], Returns::Is(Real)),
        sig(&[p("expr", Is(Decimal))], Returns::Is(Decimal)),
        sig(&[p("expr", Is(Timespan))], Returns::Is(Timespan)),
        sig(&[p("expr", Is(Datetime))], Returns::Is(Datetime)),
    ],
    result_name: ResultName::Prefix("avg"),
    outputs: Outputs::One,
    summary: "The mean of the group's values; NaN if all are null.",
    page: "avg-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| {
        let Some(value) = args.pop() else { return internal_err!("avg takes an argument") };
        Ok(match info.returns {
            Real => {
                // longs are summed as longs, which wrap
                let ty = if info.types.first() == Some(&Real) { DataType::Float64 } else { DataType::Int64 };
                let value = cast(value, ty);
                let total = cast(sum(value.clone()), DataType::Float64);
                let n = count(value);
                when(n.clone().gt(lit(0i64)), total / cast(n, DataType::Float64)).otherwise(lit(f64::NAN))?
            }
            // the sum of datetime ticks can exceed 64 bits
            Timespan | Datetime => {
                let total = sum(cast(value.clone(), DataType::Decimal128(38, 0)));
                let n = count(value);
                let mean = cast(total / cast(n.clone(), DataType::Decimal128(20, 0)), DataType::Int64);
                when(n.gt(lit(0i64)), mean).end()?
            }
            _ => cast(avg(value), info.returns.arrow()),
        })
    }),
};
