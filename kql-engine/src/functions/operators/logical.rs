//! `and`, `or`: three-valued; `false and null` is false, `true or null` is true.

use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Bool;

pub static AND: ScalarFunction = ScalarFunction {
    name: "and",
    aliases: &[],
    signatures: &[sig(&[p("left", Is(Bool)), p("right", Is(Bool))], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if both sides are true.",
    page: "operator:logical-operators",
    eval: Eval::Expr(|_, args| {
        let [left, right] = two(args)?;
        Ok(left.and(right))
    }),
};

pub static OR: ScalarFunction = ScalarFunction {
    name: "or",
    aliases: &[],
    signatures: &[sig(&[p("left", Is(Bool)), p("right", Is(Bool))], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if at least one side is true.",
    page: "operator:logical-operators",
    eval: Eval::Expr(|_, args| {
        let [left, right] = two(args)?;
        Ok(left.or(right))
    }),
};

/// Two operands.
pub(super) fn two(
    args: Vec<datafusion::logical_expr::Expr>,
) -> datafusion::common::Result<[datafusion::logical_expr::Expr; 2]> {
    match <[_; 2]>::try_from(args) {
        Ok(two) => Ok(two),
        Err(args) => datafusion::common::internal_err!("two operands expected, {} given", args.len()),
    }
}
