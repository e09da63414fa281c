//! `getyear()`, `monthofyear()`, `dayofweek()` and similar functions: a number from a datetime.
//!
//! Kusto returns longs, although Microsoft's binder declares int.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::time::{DAY, HOUR, civil, days};
use crate::types::ScalarType::{Datetime, Long, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static LONG: [Signature; 1] = [sig(&[p("date", Is(Datetime))], Returns::Is(Long))];

macro_rules! part {
    ($row:ident, $name:literal, $aliases:expr, $page:literal, $summary:literal, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: $aliases,
            signatures: &LONG,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $of)),
        };
    };
}

part!(GETYEAR, "getyear", &[], "getyear-function", "The year.", |t| Some(year(t)));
part!(GETMONTH, "getmonth", &[], "getmonth-function", "The month, 1 to 12.", |t| Some(month(t)));
part!(MONTHOFYEAR, "monthofyear", &[], "month-of-year-function", "The month, 1 to 12.", |t| Some(month(t)));
part!(DAYOFMONTH, "dayofmonth", &[], "day-of-month-function", "The day of the month, 1 to 31.", |t| Some(day(t)));
part!(DAYOFYEAR, "dayofyear", &[], "day-of-year-function", "The day of the year, 1 to 366.", |t| Some(day_of_year(t)));
part!(HOUROFDAY, "hourofday", &[], "hour-of-day-function", "The hour, 0 to 23.", |t| Some(hour(t)));
part!(
    WEEK_OF_YEAR,
    "week_of_year",
    &[],
    "week-of-year-function",
    "The number of the week by ISO 8601: weeks start on Monday, and the first has the year's first Thursday.",
    |t| Some(week_of_year(t))
);
part!(
    WEEKOFYEAR,
    "weekofyear",
    &[],
    "week-of-year-function",
    "The number of the week as it was counted before week_of_year(): weeks start on Sunday, and the first has the \
     year's first Wednesday.",
    |t| Some(old_week_of_year(t))
);

pub static DAYOFWEEK: ScalarFunction = ScalarFunction {
    name: "dayofweek",
    aliases: &[],
    signatures: &[sig(&[p("date", Is(Datetime))], Returns::Is(Timespan))],
    result_name: ResultName::None,
    summary: "The days since the preceding Sunday, as a timespan.",
    page: "day-of-week-function",
    eval: Eval::Kernel(|call| run(call, day_of_week)),
};

fn run(call: &Call, of: fn(i64) -> Option<i64>) -> Result<ColumnarValue> {
    let date = call.longs(0)?;
    kernel::longs(call.rows, |i| of(date.get(i)?))
}

pub(super) fn year(ticks: i64) -> i64 {
    civil(ticks.div_euclid(DAY)).0
}

pub(super) fn month(ticks: i64) -> i64 {
    i64::from(civil(ticks.div_euclid(DAY)).1)
}

pub(super) fn day(ticks: i64) -> i64 {
    i64::from(civil(ticks.div_euclid(DAY)).2)
}

pub(super) fn day_of_year(ticks: i64) -> i64 {
    ordinal(ticks.div_euclid(DAY))
}

pub(super) fn hour(ticks: i64) -> i64 {
    ticks.rem_euclid(DAY) / HOUR
}

/// The week belongs to the year of its Thursday; day 0 was a Monday.
pub(super) fn week_of_year(ticks: i64) -> i64 {
    let day = ticks.div_euclid(DAY);
    (ordinal(day - day.rem_euclid(7) + 3) - 1) / 7 + 1
}

/// The week, which starts on Sunday, belongs to the year of its Wednesday.
pub(super) fn old_week_of_year(ticks: i64) -> i64 {
    let day = ticks.div_euclid(DAY);
    (ordinal(day - (day + 1).rem_euclid(7) + 3) - 1) / 7 + 1
}

/// `None` on the last day of the calendar, as in Kusto.
fn day_of_week(ticks: i64) -> Option<i64> {
    let day = ticks.div_euclid(DAY);
    crate::time::RANGE.contains(&((day + 1) * DAY)).then(|| (day + 1).rem_euclid(7) * DAY)
}

fn ordinal(day: i64) -> i64 {
    day - days(civil(day).0, 1, 1) + 1
}
