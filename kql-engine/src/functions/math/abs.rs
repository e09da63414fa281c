//! `abs()`

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Decimal, Long, Real, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ABS: ScalarFunction = ScalarFunction {
    name: "abs",
    aliases: &[],
    signatures: &[
        sig(&[p("number", Is(Long))], Returns::Is(Long)),
        sig(&[p("number", Is(Real))], Returns::Is(Real)),
        sig(&[p("number", Is(Decimal))], Returns::Is(Decimal)),
        sig(&[p("number", Is(Timespan))], Returns::Is(Timespan)),
    ],
    result_name: ResultName::FirstArgument,
    summary: "The absolute value of a number or timespan.",
    page: "abs-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    match call.returns {
        Real => {
            let number = call.reals(0)?;
            kernel::reals(call.rows, |i| number.get(i).map(f64::abs))
        }
        Decimal => {
            let number = call.decimals(0)?;
            kernel::decimals(call.rows, |i| number.get(i).map(|d| d.wrapping_abs()))
        }
        _ => {
            let number = call.longs(0)?;
            kernel::longs(call.rows, |i| number.get(i).map(i64::wrapping_abs))
        }
    }
}
