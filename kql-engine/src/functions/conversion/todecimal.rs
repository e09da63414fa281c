//! `todecimal()`

use super::convert::{Arg, by_dynamic_text, by_text};
use crate::decimal;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Decimal;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TODECIMAL: ScalarFunction = ScalarFunction {
    name: "todecimal",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Decimal))],
    result_name: ResultName::FirstArgument,
    summary: "Converts the value to decimal.",
    page: "todecimal-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::decimals(call.rows, |i| match &value {
        Arg::Bool(v) => v.get(i).map(|b| if b { decimal::ONE } else { decimal::Scaled::ZERO }),
        Arg::Int(v) => v.get(i).and_then(|n| decimal::whole(n.into())),
        Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => v.get(i).and_then(|n| decimal::whole(n.into())),
        Arg::Real(v) => v.get(i).and_then(decimal::from_real),
        Arg::Decimal(v) => v.get(i),
        Arg::String(v) => by_text(v, i, decimal::parse),
        Arg::Dynamic(v) => by_dynamic_text(v, i, decimal::parse),
        Arg::Guid(_) => None,
    })
}
