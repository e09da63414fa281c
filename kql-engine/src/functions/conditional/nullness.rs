//! `isnull()`, `isnotnull()`

use crate::registry::{CallInfo, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{self, Bool};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Expr, lit};

pub static ISNULL: ScalarFunction = ScalarFunction {
    name: "isnull",
    aliases: &[],
    signatures: &[sig(&[p("expression", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True for null; always false for a string.",
    page: "isnull-function",
    eval: Eval::Expr(|info, args| null(info, args, true)),
};

pub static ISNOTNULL: ScalarFunction = ScalarFunction {
    name: "isnotnull",
    aliases: &["notnull"],
    signatures: &[sig(&[p("expression", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True for every value except null; always true for a string.",
    page: "isnotnull-function",
    eval: Eval::Expr(|info, args| null(info, args, false)),
};

fn null(info: &CallInfo, mut args: Vec<Expr>, want: bool) -> Result<Expr> {
    let Some(arg) = args.pop() else { return internal_err!("isnull takes an argument") };
    Ok(match info.types.first() {
        Some(ScalarType::String) => lit(!want),
        _ if want => arg.is_null(),
        _ => arg.is_not_null(),
    })
}
