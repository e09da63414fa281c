//! `dcount()`, `count_distinct()`
//!
//! Exact: offline there is no reason to estimate. The accuracy argument is accepted and ignored.

use crate::registry::{
    AggregateFunction, Outputs,
    ParameterType::{NotDynamic, Scalar},
    Reduce, ResultName, Returns, optional, p, sig,
};
use crate::types::ScalarType::{Long, Real};
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::count_distinct;
use datafusion::logical_expr::lit;

pub static DCOUNT: AggregateFunction = AggregateFunction {
    name: "dcount",
    aliases: &[],
    signatures: &[sig(&[p("expr", Scalar), optional("accuracy", NotDynamic)], Returns::Is(Long))],
    result_name: ResultName::NameAndFirstArgument,
    outputs: Outputs::One,
    summary: "The number of distinct values in the group; nulls are not counted.",
    page: "dcount-aggregation-function",
    reduce: Reduce::Expr(|info, mut args| match args.drain(..).next() {
        // 0 and -0 are the same number
        Some(value) if info.types.first() == Some(&Real) => Ok(count_distinct(value + lit(0.0f64))),
        Some(value) => Ok(count_distinct(value)),
        None => internal_err!("dcount takes an argument"),
    }),
};

pub static COUNT_DISTINCT: AggregateFunction = AggregateFunction {
    name: "count_distinct",
    signatures: &[sig(&[p("expr", NotDynamic)], Returns::Is(Long))],
    summary: "The number of distinct values in the group; nulls are not counted.",
    page: "count-distinct-aggregation-function",
    ..DCOUNT
};
