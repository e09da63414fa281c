//! `totimespan()`

use super::convert::{Any, by_text, timespan_of};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Timespan;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOTIMESPAN: ScalarFunction = ScalarFunction {
    name: "totimespan",
    aliases: &["totime"],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Timespan))],
    result_name: ResultName::FirstArgument,
    summary: "A timespan of a text such as 1.02:03:04.5, or of a number of ticks.",
    page: "totimespan-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    kernel::longs(call.rows, |i| match &value {
        Any::Timespan(v) | Any::Long(v) => v.get(i),
        Any::Int(v) => v.get(i).map(i64::from),
        Any::String(v) => by_text(v, false, i, timespan_of),
        Any::Dynamic(v) => by_text(v, true, i, timespan_of),
        _ => None,
    })
}
