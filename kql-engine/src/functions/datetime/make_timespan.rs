//! `make_timespan()`

use crate::functions::conversion;
use crate::functions::kernel;
use crate::registry::Expr;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::types::ScalarType::{Long, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static MAKE_TIMESPAN: ScalarFunction = ScalarFunction {
    name: "make_timespan",
    aliases: &[],
    signatures: &[
        sig(
            &[p("days", Is(Long)), p("hours", Is(Long)), p("minutes", Is(Long)), p("seconds", Number)],
            Returns::Is(Timespan),
        ),
        sig(&[p("hours", Is(Long)), p("minutes", Is(Long)), optional("seconds", Number)], Returns::Is(Timespan)),
        sig(&[p("value", Scalar)], Returns::Is(Timespan)),
    ],
    result_name: ResultName::OnlyArgument,
    summary: "A timespan made of days, hours, minutes and seconds, or of a single value; null if a part is out of \
              range.",
    page: "make-timespan-function",
    eval: Eval::Rewrite(|context, args| {
        let function = if args.len() == 1 { conversion::to(Timespan) } else { &OF_PARTS };
        Expr::call(function, args, Timespan, context.span)
    }),
};

/// `make_timespan()` with several arguments becomes this; not callable by name.
pub(super) static OF_PARTS: ScalarFunction = ScalarFunction {
    name: "make_timespan()",
    aliases: &[],
    signatures: &[],
    result_name: ResultName::None,
    summary: "A timespan made of its parts.",
    page: "operator:make-timespan-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    // with four arguments, days come first
    let first = usize::from(call.len() == 4);
    let (days, hours, minutes) = (call.longs(0)?, call.longs(first)?, call.longs(first + 1)?);
    let seconds = if call.len() > first + 2 { Some(call.numbers(first + 2)?) } else { None };
    kernel::longs(call.rows, |i| {
        let days = if first == 1 { days.get(i)? } else { 0 };
        let (hours, minutes) = (hours.get(i)?, minutes.get(i)?);
        let seconds = match &seconds {
            Some(seconds) => seconds.get(i)?,
            None => 0.0,
        };
        if days < 0 || !(0..24).contains(&hours) || !(0..60).contains(&minutes) || !(0.0..60.0).contains(&seconds) {
            return None;
        }
        let time = hours * HOUR + minutes * MINUTE + (seconds * SECOND as f64).round() as i64;
        days.checked_mul(DAY)?.checked_add(time)
    })
}
