//! `stdev()`, `variance()`, `covariance()` and their population forms.
//!
//! Kusto returns variances with ten decimal places, and computes standard deviations from the rounded ones, as measured.

use crate::functions::kernel;
use crate::registry::rows;
use crate::registry::{
    AggregateFunction, Call, CallInfo, Eval, Outputs,
    ParameterType::{Is, Summable},
    Reduce, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Decimal, Real};
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::expr_fn::{covar_pop, covar_samp, var_pop, var_sample};
use datafusion::logical_expr::{ColumnarValue, Expr, cast, lit};

static ONE: [Signature; 1] = [sig(&[p("expr", Summable)], Returns::Is(Real))];
static TWO: [Signature; 1] = [sig(&[p("expr1", Summable), p("expr2", Summable)], Returns::Is(Real))];

macro_rules! spread {
    ($row:ident, $name:literal, $result:expr, $signatures:expr, $reduce:expr, $summary:literal) => {
        pub static $row: AggregateFunction = AggregateFunction {
            name: $name,
            aliases: &[],
            signatures: $signatures,
            result_name: $result,
            outputs: Outputs::One,
            summary: $summary,
            page: concat!($name, "-aggregation-function"),
            reduce: Reduce::Expr($reduce),
        };
    };
}

spread!(
    STDEV,
    "stdev",
    ResultName::NameAndFirstArgument,
    &ONE,
    |info, args| one(info, args, var_sample, &ROOT),
    "The standard deviation of a sample."
);
spread!(
    STDEVP,
    "stdevp",
    ResultName::NameAndFirstArgument,
    &ONE,
    |info, args| one(info, args, var_pop, &ROOT),
    "The standard deviation of a whole population."
);
spread!(
    VARIANCE,
    "variance",
    ResultName::NameAndFirstArgument,
    &ONE,
    |info, args| one(info, args, var_sample, &ROUNDED),
    "The variance of a sample."
);
spread!(
    VARIANCEP,
    "variancep",
    ResultName::NameAndFirstArgument,
    &ONE,
    |info, args| one(info, args, var_pop, &ROUNDED),
    "The variance of a whole population."
);
spread!(
    COVARIANCE,
    "covariance",
    ResultName::NameAndTwoArguments,
    &TWO,
    |info, args| two(info, args, covar_samp),
    "The covariance of a sample."
);
spread!(
    COVARIANCEP,
    "covariancep",
    ResultName::NameAndTwoArguments,
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

macro_rules! to_ten_digits {
    ($row:ident, $name:literal, $of:expr) => {
        static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &[sig(&[p("variance", Is(Real))], Returns::Is(Real))],
            result_name: ResultName::None,
            summary: "",
            page: "variance-aggregation-function",
            eval: Eval::Kernel(|call| to_ten_digits(call, $of)),
        };
    };
}

to_ten_digits!(ROUNDED, "to_ten_digits", |variance| variance);
to_ten_digits!(ROOT, "root_to_ten_digits", f64::sqrt);

/// Functions that are not callable by name.
pub(super) static INTERNAL: [&ScalarFunction; 2] = [&ROUNDED, &ROOT];

fn to_ten_digits(call: &Call, of: fn(f64) -> f64) -> Result<ColumnarValue> {
    // beyond this a real has less than ten decimal places
    const WHOLE: f64 = (1u64 << 53) as f64;
    let values = call.reals(0)?;
    kernel::reals(call.rows, |i| {
        let value = values.get(i)?;
        let scaled = value * 1e10;
        Some(of(if scaled.abs() < WHOLE { scaled.round() / 1e10 } else { value }))
    })
}

fn shown(spread: Expr, by: &'static ScalarFunction) -> Result<Expr> {
    rows::call(by, CallInfo { types: vec![Real], constants: vec![None], returns: Real }, vec![spread])
}

/// The spread of zero or one values is 0.
fn one(info: &CallInfo, mut args: Vec<Expr>, of: fn(Expr) -> Expr, by: &'static ScalarFunction) -> Result<Expr> {
    let Some(value) = args.pop() else { return internal_err!("a spread takes an argument") };
    rows::first_not_null(vec![shown(of(real(info, 0, value)), by)?, lit(0f64)])
}

fn two(info: &CallInfo, mut args: Vec<Expr>, of: fn(Expr, Expr) -> Expr) -> Result<Expr> {
    let (Some(b), Some(a)) = (args.pop(), args.pop()) else { return internal_err!("covariance takes two arguments") };
    rows::first_not_null(vec![shown(of(real(info, 1, b), real(info, 0, a)), &ROUNDED)?, lit(0f64)])
}
