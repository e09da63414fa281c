//! `min()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Orderable, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType;
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::min;
use datafusion::logical_expr::lit;

pub static MIN: AggregateFunction = AggregateFunction {
    name: "min",
    aliases: &[],
    signatures: &[sig(&[p("expr", Orderable)], Returns::Parameter(0))],
    result_name: ResultName::Prefix("min"),
    outputs: Outputs::One,
    summary: "The smallest of the group's values; null if all are null.",
    page: "min-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| match args.pop() {
        // a string is never null
        Some(value) if info.returns == ScalarType::String => {
            crate::registry::rows::first_not_null(vec![min(value), lit("")])
        }
        Some(value) if info.returns == ScalarType::Real => super::nan::or_nan(min(value.clone()), value),
        Some(value) => Ok(min(value)),
        None => internal_err!("min takes an argument"),
    }),
};
