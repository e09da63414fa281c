//! `todatetime()`

use super::convert::{Any, by_text};
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
    summary: "A datetime of a text in one of the accepted forms, or of a number of ticks.",
    page: "todatetime-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    kernel::longs(call.rows, |i| match &value {
        Any::Datetime(v) => v.get(i),
        Any::Long(v) => v.get(i).filter(|t| RANGE.contains(t)),
        Any::Int(v) => v.get(i).map(i64::from).filter(|t| RANGE.contains(t)),
        Any::String(v) => by_text(v, false, i, kql_parser::time::parse_datetime),
        Any::Dynamic(v) => by_text(v, true, i, kql_parser::time::parse_datetime),
        _ => None,
    })
}
