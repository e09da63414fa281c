//! `toreal()`

use super::convert::{Arg, by_dynamic_text, by_text, real_of};
use crate::decimal;
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Real;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOREAL: ScalarFunction = ScalarFunction {
    name: "toreal",
    aliases: &["todouble"],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Real))],
    result_name: ResultName::FirstArgument,
    summary: "Converts the value to real.",
    page: "toreal-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::reals(call.rows, |i| match &value {
        Arg::Bool(v) => v.get(i).map(|b| f64::from(u8::from(b))),
        Arg::Int(v) => v.get(i).map(f64::from),
        Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => v.get(i).map(|n| n as f64),
        Arg::Real(v) => v.get(i),
        Arg::Decimal(v) => v.get(i).map(decimal::to_real),
        Arg::String(v) => by_text(v, i, real_of),
        Arg::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Bool => Some(f64::from(u8::from(v.option(i)? == "true"))),
            _ => by_dynamic_text(v, i, real_of),
        },
        Arg::Guid(_) => None,
    })
}
