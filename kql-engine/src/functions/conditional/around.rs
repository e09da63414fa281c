//! `around()`

use crate::decimal::Scaled;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Bool, Datetime, Decimal, Int, Real, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static AROUND: ScalarFunction = ScalarFunction {
    name: "around",
    aliases: &[],
    signatures: &[
        sig(&[p("value", Number), p("center", Number), p("delta", Number)], Returns::Is(Bool)),
        sig(&[p("value", Is(Datetime)), p("center", Is(Datetime)), p("delta", Is(Timespan))], Returns::Is(Bool)),
        sig(&[p("value", Is(Timespan)), p("center", Is(Timespan)), p("delta", Is(Timespan))], Returns::Is(Bool)),
    ],
    result_name: ResultName::None,
    summary: "True if the value is within a distance of a center.",
    page: "around-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    macro_rules! within {
        ($read:ident, $of:expr) => {{
            let (value, center, delta) = (call.$read(0)?, call.$read(1)?, call.$read(2)?);
            kernel::bools(call.rows, |i| Some($of(value.get(i)?, center.get(i)?, delta.get(i)?)))
        }};
    }
    match call.types.first() {
        Some(Int) => within!(ints, |v: i32, c: i32, d: i32| (i64::from(v) - i64::from(c)).abs() <= i64::from(d)),
        Some(Real) => within!(reals, |v: f64, c: f64, d: f64| (c - d..=c + d).contains(&v)),
        Some(Decimal) => within!(decimals, |v: Scaled, c: Scaled, d: Scaled| v.wrapping_sub(c).wrapping_abs() <= d),
        _ => within!(longs, |v: i64, c: i64, d: i64| (i128::from(v) - i128::from(c)).abs() <= i128::from(d)),
    }
}
