//! `countif()`

use crate::registry::{AggregateFunction, Outputs, ParameterType::Is, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType::{Bool, Long};
use datafusion::common::internal_err;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{lit, when};

pub static COUNTIF: AggregateFunction = AggregateFunction {
    name: "countif",
    aliases: &[],
    signatures: &[sig(&[p("predicate", Is(Bool))], Returns::Is(Long))],
    result_name: ResultName::Prefix("countif"),
    outputs: Outputs::One,
    summary: "The number of rows in the group for which the predicate is true.",
    page: "countif-aggregation-function",
    reduce: Reduce::Expr(|_, mut args| match args.pop() {
        Some(predicate) => Ok(count(when(predicate, lit(1i64)).end()?)),
        None => internal_err!("countif takes a predicate"),
    }),
};
