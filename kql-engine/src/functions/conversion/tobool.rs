//! `tobool()`

use super::convert::{Arg, bool_of, by_dynamic_text, by_text};
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
    summary: "Converts to bool: the texts true and false in any case, and numbers, where every number except 0 is \
              true.",
    page: "tobool-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::bools(call.rows, |i| match &value {
        Arg::Bool(v) => v.get(i),
        Arg::Int(v) => v.get(i).map(|n| n != 0),
        Arg::Long(v) => v.get(i).map(|n| n != 0),
        Arg::Real(v) => v.get(i).map(|r| r != 0.0),
        Arg::Decimal(v) => v.get(i).map(|d| d != crate::decimal::Scaled::ZERO),
        Arg::String(v) => by_text(v, i, bool_of),
        Arg::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Long | Kind::Real => v.option(i)?.parse::<f64>().ok().map(|r| r != 0.0),
            _ => by_dynamic_text(v, i, bool_of),
        },
        Arg::Datetime(_) | Arg::Timespan(_) | Arg::Guid(_) => None,
    })
}
