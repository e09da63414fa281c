//! `startofday()` … `endofyear()`: the first and the last tick of the day, week, month or year that contains a datetime.

use super::floor_to;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::time::{DAY, RANGE, civil, days};
use crate::types::ScalarType::{Datetime, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] =
    [sig(&[p("date", Is(Datetime)), optional("offset", Is(Long))], Returns::Is(Datetime))];

macro_rules! boundary {
    ($row:ident, $name:literal, $name_rule:ident, $page:literal, $summary:literal, $unit:ident, $boundary:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::$name_rule,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $unit, $boundary)),
        };
    };
}

boundary!(
    STARTOFDAY,
    "startofday",
    FirstArgument,
    "startofday-function",
    "Midnight at the start of the day, moved by a number of days.",
    day,
    Boundary::Start
);
boundary!(
    STARTOFWEEK,
    "startofweek",
    None,
    "startofweek-function",
    "Midnight at the start of the week, a Sunday, moved by a number of weeks.",
    week,
    Boundary::Start
);
boundary!(
    STARTOFMONTH,
    "startofmonth",
    None,
    "startofmonth-function",
    "Midnight at the start of the month, moved by a number of months.",
    month,
    Boundary::Start
);
boundary!(
    STARTOFYEAR,
    "startofyear",
    None,
    "startofyear-function",
    "Midnight at the start of the year, moved by a number of years.",
    year,
    Boundary::Start
);
boundary!(
    ENDOFDAY,
    "endofday",
    None,
    "endofday-function",
    "The last tick of the day, moved by a number of days.",
    day,
    Boundary::End
);
boundary!(
    ENDOFWEEK,
    "endofweek",
    None,
    "endofweek-function",
    "The last tick of the week, a Saturday, moved by a number of weeks.",
    week,
    Boundary::End
);
boundary!(
    ENDOFMONTH,
    "endofmonth",
    None,
    "endofmonth-function",
    "The last tick of the month, moved by a number of months.",
    month,
    Boundary::End
);
boundary!(
    ENDOFYEAR,
    "endofyear",
    None,
    "endofyear-function",
    "The last tick of the year, moved by a number of years.",
    year,
    Boundary::End
);

/// The first or the last tick of a unit.
#[derive(Clone, Copy)]
enum Boundary {
    /// The first tick.
    Start,
    /// The last tick.
    End,
}

/// The start of the unit that is `offset` units after the unit of a datetime.
type Unit = fn(i64, i64) -> Option<i64>;

fn run(call: &Call, unit: Unit, boundary: Boundary) -> Result<ColumnarValue> {
    let (date, offset) = (call.longs(0)?, call.longs_or(1, 0)?);
    kernel::longs(call.rows, |i| {
        let (date, offset) = (date.get(i)?, offset.get(i)?);
        let ticks = match boundary {
            Boundary::Start => unit(date, offset)?,
            Boundary::End => unit(date, offset.checked_add(1)?)?.checked_sub(1)?,
        };
        RANGE.contains(&ticks).then_some(ticks)
    })
}

fn day(date: i64, offset: i64) -> Option<i64> {
    floor_to(date, DAY)?.checked_add(offset.checked_mul(DAY)?)
}

/// Weeks start on Sunday, and 0001-01-01 was a Monday.
fn week(date: i64, offset: i64) -> Option<i64> {
    (floor_to(date.checked_add(DAY)?, 7 * DAY)? - DAY).checked_add(offset.checked_mul(7 * DAY)?)
}

fn month(date: i64, offset: i64) -> Option<i64> {
    let (year, month, _) = civil(date.div_euclid(DAY));
    let months = (year * 12 + i64::from(month) - 1).checked_add(offset)?;
    start(months.div_euclid(12), u32::try_from(months.rem_euclid(12)).ok()? + 1)
}

fn year(date: i64, offset: i64) -> Option<i64> {
    start(civil(date.div_euclid(DAY)).0.checked_add(offset)?, 1)
}

/// Midnight of the first of a month; the start of year 10000 is needed for the end of 9999.
fn start(year: i64, month: u32) -> Option<i64> {
    (0..=10_000).contains(&year).then(|| days(year, month, 1) * DAY)
}
