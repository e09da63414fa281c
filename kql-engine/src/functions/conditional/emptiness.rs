//! `isempty()`, `isnotempty()`

use crate::registry::{CallInfo, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{self, Bool};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Expr, lit};

pub static ISEMPTY: ScalarFunction = ScalarFunction {
    name: "isempty",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True for null and for an empty string.",
    page: "isempty-function",
    eval: Eval::Expr(empty),
};

pub static ISNOTEMPTY: ScalarFunction = ScalarFunction {
    name: "isnotempty",
    aliases: &["notempty"],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True for every value except null and the empty string.",
    page: "isnotempty-function",
    eval: Eval::Expr(|info, args| Ok(Expr::Not(Box::new(empty(info, args)?)))),
};

fn empty(info: &CallInfo, mut args: Vec<Expr>) -> Result<Expr> {
    let Some(arg) = args.pop() else { return internal_err!("isempty takes an argument") };
    Ok(match info.types.first() {
        Some(ScalarType::String) => arg.eq(lit("")),
        Some(ScalarType::Dynamic) => arg.clone().is_null().or(arg.eq(lit("\"\""))),
        _ => arg.is_null(),
    })
}
