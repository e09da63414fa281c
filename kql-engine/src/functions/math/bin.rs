//! `bin()`, `floor()`

use crate::decimal;
use crate::functions::datetime::floor_to;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Datetime, Decimal, Real, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 4] = [
    sig(&[p("value", Number), p("roundTo", Number)], Returns::Widest),
    sig(&[p("value", Is(Timespan)), p("roundTo", Is(Timespan))], Returns::Is(Timespan)),
    sig(&[p("value", Is(Datetime)), p("roundTo", Is(Datetime))], Returns::Is(Datetime)),
    sig(&[p("value", Is(Datetime)), p("roundTo", Is(Timespan))], Returns::Is(Datetime)),
];

pub static BIN: ScalarFunction = ScalarFunction {
    name: "bin",
    aliases: &["floor"],
    signatures: &SIGNATURES,
    result_name: ResultName::FirstArgument,
    summary: "Rounds the first argument down to a multiple of the second; null if the second is not positive.",
    page: "bin-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    match call.returns {
        Real => {
            let (value, step) = (call.reals(0)?, call.reals(1)?);
            kernel::reals(call.rows, |i| {
                let step = step.get(i)?;
                (step > 0.0).then_some((value.get(i)? / step).floor() * step)
            })
        }
        Decimal => {
            let (value, step) = (call.decimals(0)?, call.decimals(1)?);
            kernel::decimals(call.rows, |i| {
                let (value, step) = (value.get(i)?, step.get(i)?);
                if step.is_positive() { decimal::subtract(value, decimal::modulo(value, step)?) } else { None }
            })
        }
        _ => {
            let (value, step) = (call.longs(0)?, call.longs(1)?);
            kernel::longs(call.rows, |i| floor_to(value.get(i)?, step.get(i)?))
        }
    }
}
