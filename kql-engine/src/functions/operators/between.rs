//! `between`, `!between`: within bounds, both included.

use super::comparison::ordered;
use crate::registry::{CallInfo, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::Bool;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Expr, Operator};

static SIGNATURES: [Signature; 1] =
    [sig(&[p("value", Scalar), p("low", Scalar), p("high", Scalar)], Returns::Is(Bool))];

pub static BETWEEN: ScalarFunction = ScalarFunction {
    name: "between",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "True if the value is within the bounds, inclusive.",
    page: "operator:between-operator",
    eval: Eval::Expr(within),
};

pub static NOT_BETWEEN: ScalarFunction = ScalarFunction {
    name: "!between",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "True if the value is outside the bounds.",
    page: "operator:between-operator",
    // unlike the other negated tests it is null for a null, as measured in Kusto
    eval: Eval::Expr(|info, args| Ok(Expr::Not(Box::new(within(info, args)?)))),
};

fn within(info: &CallInfo, args: Vec<Expr>) -> Result<Expr> {
    match <[Expr; 3]>::try_from(args) {
        Ok([value, low, high]) => {
            let not_below = ordered(info, (value.clone(), 0), Operator::GtEq, (low, 1));
            Ok(not_below.and(ordered(info, (value, 0), Operator::LtEq, (high, 2))))
        }
        Err(args) => internal_err!("three operands expected, {} given", args.len()),
    }
}
