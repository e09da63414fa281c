//! `toint()`

use super::convert::{Arg, by_text, int_of};
use super::tolong::long;
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Int;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOINT: ScalarFunction = ScalarFunction {
    name: "toint",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Int))],
    result_name: ResultName::FirstArgument,
    summary: "Converts to a 32-bit integer; longs keep their low 32 bits, reals are truncated toward zero.",
    page: "toint-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::ints(call.rows, |i| match &value {
        Arg::String(v) => by_text(v, i, int_of),
        Arg::Real(v) => v.get(i).filter(|r| r.is_finite()).map(|r| r as i32),
        Arg::Dynamic(v) if v.option(i).map(read::kind) == Some(Kind::Real) => {
            v.option(i)?.parse::<f64>().ok().filter(|r| r.is_finite()).map(|r| r as i32)
        }
        // Kusto keeps the low bits of a long, and returns the greatest int for a real
        _ => long(&value, i).map(|n| n as i32),
    })
}
