//! `toreal()`

use super::convert::{Any, by_text, real_of};
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
    summary: "A real.",
    page: "toreal-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    kernel::reals(call.rows, |i| match &value {
        Any::Bool(v) => v.get(i).map(|b| f64::from(u8::from(b))),
        Any::Int(v) => v.get(i).map(f64::from),
        Any::Long(v) | Any::Datetime(v) | Any::Timespan(v) => v.get(i).map(|n| n as f64),
        Any::Real(v) => v.get(i),
        Any::Decimal(v) => v.get(i).map(decimal::to_real),
        Any::String(v) => by_text(v, false, i, real_of),
        Any::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Bool => Some(f64::from(u8::from(v.option(i)? == "true"))),
            _ => by_text(v, true, i, real_of),
        },
        Any::Guid(_) => None,
    })
}
