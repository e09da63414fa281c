//! `max()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Orderable, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType;
use datafusion::common::internal_err;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::lit;

pub static MAX: AggregateFunction = AggregateFunction {
    name: "max",
    aliases: &[],
    signatures: &[sig(&[p("expr", Orderable)], Returns::Parameter(0))],
    result_name: ResultName::Prefix("max"),
    outputs: Outputs::One,
    summary: "The greatest of the group's values; null where all are null.",
    page: "max-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| match args.pop() {
        // a string is never null
        Some(value) if info.returns == ScalarType::String => Ok(coalesce(vec![max(value), lit("")])),
        Some(value) => Ok(max(value)),
        None => internal_err!("max takes an argument"),
    }),
};
