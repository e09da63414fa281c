//! `gettype()`

use super::convert::Arg;
use crate::dynamic::date;
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static GETTYPE: ScalarFunction = ScalarFunction {
    name: "gettype",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(String))],
    result_name: ResultName::Prefix("type"),
    summary: "The name of the value's type; for a dynamic value, the type of its content.",
    page: "gettype-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::strings(call.rows, |i, out| {
        out.push_str(match &value {
            Arg::Dynamic(v) => match v.option(i).map(read::kind) {
                None | Some(Kind::Null) => "null",
                Some(Kind::Bool) => "bool",
                Some(Kind::Long) => "long",
                Some(Kind::Real) => "double",
                Some(Kind::String) if v.option(i).is_some_and(date::is_datetime) => "datetime",
                Some(Kind::String) => "string",
                Some(Kind::Array) => "array",
                Some(Kind::Bag) => "dictionary",
            },
            _ => call.types.first().map_or("", |t| t.name()),
        });
    })
}
