//! `not()`

use crate::registry::{Eval, ParameterType::Truth, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Bool;
use datafusion::common::internal_err;
use datafusion::logical_expr::Expr;

pub static NOT: ScalarFunction = ScalarFunction {
    name: "not",
    aliases: &[],
    signatures: &[sig(&[p("expression", Truth)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "The opposite truth value; for a number, whether it is 0; null for null.",
    page: "not-function",
    eval: Eval::Expr(|_, mut args| match args.pop() {
        Some(arg) => Ok(Expr::Not(Box::new(arg))),
        None => internal_err!("not takes an argument"),
    }),
};
