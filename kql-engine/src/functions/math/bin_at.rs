//! `bin_at()`

use crate::decimal;
use crate::functions::datetime::floor_to;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::time::RANGE;
use crate::types::ScalarType::{Datetime, Decimal, Real, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static BIN_AT: ScalarFunction = ScalarFunction {
    name: "bin_at",
    aliases: &[],
    signatures: &[
        sig(&[p("value", Number), p("bin_size", Number), p("fixed_point", Number)], Returns::Widest),
        sig(
            &[p("value", Is(Timespan)), p("bin_size", Is(Timespan)), p("fixed_point", Is(Timespan))],
            Returns::Is(Timespan),
        ),
        sig(
            &[p("value", Is(Datetime)), p("bin_size", Is(Timespan)), p("fixed_point", Is(Datetime))],
            Returns::Is(Datetime),
        ),
    ],
    result_name: ResultName::FirstArgument,
    summary: "The start of the bin that contains the value, with bins aligned to a fixed point; null if the bin \
              size is not positive.",
    page: "bin-at-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    match call.returns {
        Real => {
            let (value, size, point) = (call.reals(0)?, call.reals(1)?, call.reals(2)?);
            kernel::reals(call.rows, |i| {
                let (value, size, point) = (value.get(i)?, size.get(i)?, point.get(i)?);
                (size > 0.0).then(|| ((value - point) / size).floor() * size + point)
            })
        }
        Decimal => {
            let (value, size, point) = (call.decimals(0)?, call.decimals(1)?, call.decimals(2)?);
            kernel::decimals(call.rows, |i| {
                let (value, size, point) = (value.get(i)?, size.get(i)?, point.get(i)?);
                let above = value.checked_sub(point)?;
                if size.is_positive() { decimal::subtract(value, decimal::modulo(above, size)?) } else { None }
            })
        }
        returns => {
            let (value, size, point) = (call.longs(0)?, call.longs(1)?, call.longs(2)?);
            kernel::longs(call.rows, |i| {
                let (value, size, point) = (value.get(i)?, size.get(i)?, point.get(i)?);
                let start = floor_to(value.checked_sub(point)?, size)?.checked_add(point)?;
                (returns != Datetime || RANGE.contains(&start)).then_some(start)
            })
        }
    }
}
