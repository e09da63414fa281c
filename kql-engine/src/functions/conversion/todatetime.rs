//! `todatetime()`

use super::convert::{Arg, by_dynamic_text, by_text};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::time::RANGE;
use crate::types::ScalarType::Datetime;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TODATETIME: ScalarFunction = ScalarFunction {
    name: "todatetime",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Datetime))],
    result_name: ResultName::FirstArgument,
    summary: "Converts text in one of the accepted formats, or a number of ticks, to a datetime.",
    page: "todatetime-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::longs(call.rows, |i| match &value {
        Arg::Datetime(v) => v.get(i),
        Arg::Long(v) => v.get(i).filter(|t| RANGE.contains(t)),
        Arg::Int(v) => v.get(i).map(i64::from).filter(|t| RANGE.contains(t)),
        Arg::String(v) => by_text(v, i, kql_parser::time::parse_datetime),
        Arg::Dynamic(v) => by_dynamic_text(v, i, kql_parser::time::parse_datetime),
        _ => None,
    })
}
