//! `totimespan()`

use super::convert::{Arg, by_dynamic_text, by_text, timespan_of};
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
    summary: "Converts text such as 1.02:03:04.5, or a number of ticks, to a timespan.",
    page: "totimespan-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::longs(call.rows, |i| match &value {
        Arg::Timespan(v) | Arg::Long(v) => v.get(i),
        Arg::Int(v) => v.get(i).map(i64::from),
        Arg::String(v) => by_text(v, i, timespan_of),
        Arg::Dynamic(v) => by_dynamic_text(v, i, timespan_of),
        _ => None,
    })
}
