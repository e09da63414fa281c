//! `stdev()`, `variance()`, `covariance()` and their population forms.

use crate::registry::{
    AggregateFunction, CallInfo, Outputs, ParameterType::Summable, Reduce, ResultName, Returns, Signature, p, sig,
};
use crate::types::ScalarType::{Decimal, Real};
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::expr_fn::{covar_pop, covar_samp, stddev, stddev_pop, var_pop, var_sample};
use datafusion::logical_expr::{Expr, cast, lit};

static ONE: [Signature; 1] = [sig(&[p("expr", Summable)], Returns::Is(Real))];
static TWO: [Signature; 1] = [sig(&[p("expr1", Summable), p("expr2", Summable)], Returns::Is(Real))];

macro_rules! spread {
    ($row:ident, $name:literal, $aliases:expr, $signatures:expr, $reduce:expr, $summary:literal) => {
        pub static $row: AggregateFunction = AggregateFunction {
            name: $name,
            aliases: $aliases,
            signatures: $signatures,
            result_name: ResultName::NameAndFirstArgument,
            outputs: Outputs::One,
            summary: $summary,
            page: concat!($name, "-aggregation-function"),
            reduce: Reduce::Expr($reduce),
        };
    };
}

spread!(STDEV, "stdev", &[], &ONE, |info, args| one(info, args, stddev), "The standard deviation of a sample.");
spread!(
    STDEVP,
    "stdevp",
    &[],
    &ONE,
    |info, args| one(info, args, stddev_pop),
    "The standard deviation of a whole population."
);
spread!(VARIANCE, "variance", &[], &ONE, |info, args| one(info, args, var_sample), "The variance of a sample.");
spread!(
    VARIANCEP,
    "variancep",
    &[],
    &ONE,
    |info, args| one(info, args, var_pop),
    "The variance of a whole population."
);
spread!(COVARIANCE, "covariance", &[], &TWO, |info, args| two(info, args, covar_samp), "The covariance of a sample.");
spread!(
    COVARIANCEP,
    "covariancep",
    &[],
    &TWO,
    |info, args| two(info, args, covar_pop),
    "The covariance of a whole population."
);

/// The argument as a real.
fn real(info: &CallInfo, n: usize, value: Expr) -> Expr {
    match info.types.get(n) {
        Some(Real) => value,
        Some(Decimal) => cast(value, Real.arrow()),
        _ => cast(cast(value, arrow::datatypes::DataType::Int64), Real.arrow()),
    }
}

/// Of no values, and of one, the spread is 0.
fn one(info: &CallInfo, mut args: Vec<Expr>, spread: fn(Expr) -> Expr) -> Result<Expr> {
    let Some(value) = args.pop() else { return internal_err!("a spread takes an argument") };
    crate::registry::rows::first_not_null(vec![spread(real(info, 0, value)), lit(0f64)])
}

fn two(info: &CallInfo, mut args: Vec<Expr>, spread: fn(Expr, Expr) -> Expr) -> Result<Expr> {
    let (Some(b), Some(a)) = (args.pop(), args.pop()) else { return internal_err!("covariance takes two arguments") };
    crate::registry::rows::first_not_null(vec![spread(real(info, 1, b), real(info, 0, a)), lit(0f64)])
}
