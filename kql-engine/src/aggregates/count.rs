//! `count()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Scalar, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType::Long;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::lit;

pub static COUNT: AggregateFunction = AggregateFunction {
    name: "count",
    aliases: &[],
    signatures: &[sig(&[], Returns::Is(Long)), sig(&[p("ignored", Scalar)], Returns::Is(Long))],
    result_name: ResultName::Prefix("count"),
    outputs: Outputs::One,
    summary: "The number of rows in the group.",
    page: "count-aggregation-function",
    // the argument is ignored: rows are counted, including nulls
    reduce: Reduce::Expr(|_, _| Ok(count(lit(1i64)))),
};

pub static CNT: AggregateFunction = AggregateFunction {
    name: "cnt",
    signatures: &[sig(&[], Returns::Is(Long))],
    result_name: ResultName::Prefix("cnt"),
    ..COUNT
};
