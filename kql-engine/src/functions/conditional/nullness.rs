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
    eval: Eval::Expr(|info, args| nullness(info, args, Wanted::Null)),
};

pub static ISNOTNULL: ScalarFunction = ScalarFunction {
    name: "isnotnull",
    aliases: &["notnull"],
    signatures: &[sig(&[p("expression", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True for every value except null; always true for a string.",
    page: "isnotnull-function",
    eval: Eval::Expr(|info, args| nullness(info, args, Wanted::Value)),
};

/// What the function is true for.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Null,
    Value,
}

fn nullness(info: &CallInfo, mut args: Vec<Expr>, wanted: Wanted) -> Result<Expr> {
    let Some(arg) = args.pop() else { return internal_err!("isnull takes an argument") };
    Ok(match (info.types.first(), wanted) {
        (Some(ScalarType::String), wanted) => lit(wanted == Wanted::Value),
        (_, Wanted::Null) => arg.is_null(),
        (_, Wanted::Value) => arg.is_not_null(),
    })
}
