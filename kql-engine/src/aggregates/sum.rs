//! `sum()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Summable, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType;
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{cast, lit};

pub static SUM: AggregateFunction = AggregateFunction {
    name: "sum",
    aliases: &[],
    signatures: &[sig(&[p("expr", Summable)], Returns::Promoted(0))],
    result_name: ResultName::Prefix("sum"),
    outputs: Outputs::One,
    summary: "The sum of the group's values; 0 if all are null.",
    page: "sum-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| {
        let Some(value) = args.pop() else { return internal_err!("sum takes an argument") };
        let value =
            if info.types.first() == Some(&ScalarType::Int) { cast(value, info.returns.arrow()) } else { value };
        let zero = cast(lit(0i64), info.returns.arrow());
        crate::registry::rows::first_not_null(vec![cast(sum(value), info.returns.arrow()), zero])
    }),
};
