//! `tobool()`

use super::convert::{Any, bool_of, by_text};
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Bool;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOBOOL: ScalarFunction = ScalarFunction {
    name: "tobool",
    aliases: &["toboolean"],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::FirstArgument,
    summary: "A bool: texts true and false in any case, and numbers, of which all but 0 are true.",
    page: "tobool-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    kernel::bools(call.rows, |i| match &value {
        Any::Bool(v) => v.get(i),
        Any::Int(v) => v.get(i).map(|n| n != 0),
        Any::Long(v) => v.get(i).map(|n| n != 0),
        Any::Real(v) => v.get(i).map(|r| r != 0.0),
        Any::Decimal(v) => v.get(i).map(|d| d != crate::decimal::Scaled::ZERO),
        Any::String(v) => by_text(v, false, i, bool_of),
        Any::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Long | Kind::Real => v.option(i)?.parse::<f64>().ok().map(|r| r != 0.0),
            _ => by_text(v, true, i, bool_of),
        },
        Any::Datetime(_) | Any::Timespan(_) | Any::Guid(_) => None,
    })
}
