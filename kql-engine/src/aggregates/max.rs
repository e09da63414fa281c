//! `max()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Orderable, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType;
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::lit;

pub static MAX: AggregateFunction = AggregateFunction {
    name: "max",
    aliases: &[],
    signatures: &[sig(&[p("expr", Orderable)], Returns::Parameter(0))],
    result_name: ResultName::Prefix("max"),
    outputs: Outputs::One,
    summary: "The greatest of the group's values; null if all are null.",
    page: "max-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| match args.pop() {
        // a string is never null
        Some(value) if info.returns == ScalarType::String => {
            crate::registry::rows::first_not_null(vec![max(value), lit("")])
        }
        Some(value) if info.returns == ScalarType::Real => super::nan::or_nan(max(value.clone()), value),
        Some(value) => Ok(max(value)),
        None => internal_err!("max takes an argument"),
    }),
};
