//! `unixtime_seconds_todatetime()` and similar functions.

use crate::functions::kernel::{self, AnyNumber};
use crate::registry::{Call, Eval, ParameterType::Number, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::time::{EPOCH, MICROSECOND, MILLISECOND, RANGE, SECOND};
use crate::types::ScalarType::Datetime;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] = [sig(&[p("number", Number)], Returns::Is(Datetime))];

macro_rules! unixtime {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $multiplier:expr, $divisor:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $multiplier, $divisor)),
        };
    };
}

unixtime!(
    SECONDS,
    "unixtime_seconds_todatetime",
    "unixtime-seconds-todatetime-function",
    "The datetime a number of seconds after 1970-01-01.",
    SECOND,
    1
);
unixtime!(
    MILLISECONDS,
    "unixtime_milliseconds_todatetime",
    "unixtime-milliseconds-todatetime-function",
    "The datetime a number of milliseconds after 1970-01-01.",
    MILLISECOND,
    1
);
unixtime!(
    MICROSECONDS,
    "unixtime_microseconds_todatetime",
    "unixtime-microseconds-todatetime-function",
    "The datetime a number of microseconds after 1970-01-01.",
    MICROSECOND,
    1
);
unixtime!(
    NANOSECONDS,
    "unixtime_nanoseconds_todatetime",
    "unixtime-nanoseconds-todatetime-function",
    "The datetime a number of nanoseconds after 1970-01-01.",
    1,
    100
);

fn run(call: &Call, multiplier: i64, divisor: i64) -> Result<ColumnarValue> {
    let epoch = EPOCH;
    let number = call.numbers(0)?;
    kernel::longs(call.rows, |i| {
        let whole = match &number {
            AnyNumber::Int(v) => Some(i64::from(v.get(i)?)),
            AnyNumber::Long(v) => Some(v.get(i)?),
            AnyNumber::Real(_) | AnyNumber::Decimal(_) => None,
        };
        let ticks = match whole {
            Some(n) => n.checked_mul(multiplier)?.div_euclid(divisor),
            None => {
                let ticks = (number.get(i)? * multiplier as f64 / divisor as f64).round();
                (ticks.abs() < 9.2e18).then_some(ticks as i64)?
            }
        };
        epoch.checked_add(ticks).filter(|t| RANGE.contains(t))
    })
}
