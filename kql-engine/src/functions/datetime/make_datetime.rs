//! `make_datetime()`

use crate::functions::conversion;
use crate::functions::kernel;
use crate::registry::Expr;
use crate::registry::{
    Call, Eval,
    ParameterType::{Number, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::time::{DAY, HOUR, MINUTE, RANGE, SECOND, days, month_length};
use crate::types::ScalarType::Datetime;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static MAKE_DATETIME: ScalarFunction = ScalarFunction {
    name: "make_datetime",
    aliases: &[],
    signatures: &[
        sig(
            &[
                p("year", Number),
                p("month", Number),
                p("day", Number),
                optional("hour", Number),
                optional("minute", Number),
                optional("second", Number),
            ],
            Returns::Is(Datetime),
        ),
        sig(&[p("value", Scalar)], Returns::Is(Datetime)),
    ],
    result_name: ResultName::OnlyArgument,
    summary: "A datetime made of year, month, day, hour, minute and second, or of a single value; null if a part \
              is out of range.",
    page: "make-datetime-function",
    eval: Eval::Rewrite(|context, args| {
        let function = if args.len() == 1 { conversion::to(Datetime) } else { &OF_PARTS };
        Expr::call(function, args, Datetime, context.span)
    }),
};

/// `make_datetime()` with several arguments becomes this; not callable by name.
pub(super) static OF_PARTS: ScalarFunction = ScalarFunction {
    name: "make_datetime()",
    aliases: &[],
    signatures: &[],
    result_name: ResultName::None,
    summary: "A datetime made of its parts.",
    page: "operator:make-datetime-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let parts = (0..call.len()).map(|n| call.numbers(n)).collect::<Result<Vec<_>>>()?;
    kernel::longs(call.rows, |i| {
        let part = |n: usize| match parts.get(n) {
            Some(number) => number.get(i).filter(|v| v.is_finite()),
            None => Some(0.0),
        };
        let (year, month, day) = (part(0)?.trunc(), part(1)?.trunc(), part(2)?.trunc());
        let (hour, minute, second) = (part(3)?.trunc(), part(4)?.trunc(), part(5)?);
        let within = (1.0..=9999.0).contains(&year)
            && (1.0..=12.0).contains(&month)
            && day >= 1.0
            && (0.0..24.0).contains(&hour)
            && (0.0..60.0).contains(&minute)
            && (0.0..60.0).contains(&second);
        if !within || day > f64::from(month_length(year as i64, month as u32)) {
            return None;
        }
        let seconds = hour as i64 * HOUR + minute as i64 * MINUTE + (second * SECOND as f64).round() as i64;
        Some(days(year as i64, month as u32, day as u32) * DAY + seconds).filter(|t| RANGE.contains(t))
    })
}
