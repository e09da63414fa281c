//! `todecimal()`

use super::convert::{Any, by_text};
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
    summary: "A decimal.",
    page: "todecimal-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    kernel::decimals(call.rows, |i| match &value {
        Any::Bool(v) => v.get(i).map(|b| if b { decimal::ONE } else { decimal::Scaled::ZERO }),
        Any::Int(v) => v.get(i).and_then(|n| decimal::whole(n.into())),
        Any::Long(v) | Any::Datetime(v) | Any::Timespan(v) => v.get(i).and_then(|n| decimal::whole(n.into())),
        Any::Real(v) => v.get(i).and_then(decimal::from_real),
        Any::Decimal(v) => v.get(i),
        Any::String(v) => by_text(v, false, i, decimal::parse),
        Any::Dynamic(v) => by_text(v, true, i, decimal::parse),
        Any::Guid(_) => None,
    })
}
