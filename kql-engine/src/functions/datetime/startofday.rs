//! `startofday()`

use super::{RANGE, floor_to};
use crate::functions::kernel::{self, Longs};
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, optional, p, sig};
use crate::render::DAY;
use crate::types::ScalarType::{Datetime, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STARTOFDAY: ScalarFunction = ScalarFunction {
    name: "startofday",
    aliases: &[],
    signatures: &[sig(&[p("date", Is(Datetime)), optional("offset", Is(Long))], Returns::Is(Datetime))],
    result_name: ResultName::FirstArgument,
    summary: "Midnight of the day, moved by a number of days.",
    page: "startofday-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let date = call.longs(0)?;
    let offset = if call.len() > 1 { call.longs(1)? } else { Longs::One(Some(0)) };
    kernel::longs(call.rows, |i| {
        let days = offset.get(i)?.checked_mul(DAY)?;
        floor_to(date.get(i)?, DAY)?.checked_add(days).filter(|t| RANGE.contains(t))
    })
}
