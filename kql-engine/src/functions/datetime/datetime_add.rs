//! `datetime_add()`

use super::datetime_diff::PARTS;
use crate::functions::kernel;
use crate::registry::{Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::time::{DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, RANGE, SECOND, civil, days, month_length};
use crate::types::ScalarType::{Datetime, Long, String};
use datafusion::common::{Result, internal_err};

pub static DATETIME_ADD: ScalarFunction = ScalarFunction {
    name: "datetime_add",
    aliases: &[],
    signatures: &[sig(
        &[p("part", Is(String)).one_of(&PARTS), p("value", Is(Long)), p("datetime", Is(Datetime))],
        Returns::Is(Datetime),
    )],
    result_name: ResultName::None,
    summary: "A datetime moved by a number of years, quarters, months, weeks, days, hours, minutes, seconds, \
              milliseconds, microseconds or nanoseconds; if the month is too short, the last day of that month.",
    page: "datetime-add-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let part = info.text(0).unwrap_or("");
    let Some(add) = add_of(&part.to_lowercase()) else {
        return internal_err!("'{part}' is not a valid datetime part; use {}.", PARTS.list());
    };
    Ok(Box::new(move |call: &Call| {
        let (value, date) = (call.longs(1)?, call.longs(2)?);
        kernel::longs(call.rows, |i| add(date.get(i)?, value.get(i)?).filter(|t| RANGE.contains(t)))
    }))
}

fn add_of(part: &str) -> Option<fn(i64, i64) -> Option<i64>> {
    Some(match part {
        "year" => |t, n| months(t, n.checked_mul(12)?),
        "quarter" => |t, n| months(t, n.checked_mul(3)?),
        "month" => months,
        "week" => |t, n| t.checked_add(n.checked_mul(7 * DAY)?),
        "day" => |t, n| t.checked_add(n.checked_mul(DAY)?),
        "hour" => |t, n| t.checked_add(n.checked_mul(HOUR)?),
        "minute" => |t, n| t.checked_add(n.checked_mul(MINUTE)?),
        "second" => |t, n| t.checked_add(n.checked_mul(SECOND)?),
        "millisecond" => |t, n| t.checked_add(n.checked_mul(MILLISECOND)?),
        "microsecond" => |t, n| t.checked_add(n.checked_mul(MICROSECOND)?),
        "nanosecond" => |t, n| t.checked_add(n / 100),
        _ => return None,
    })
}

fn months(ticks: i64, count: i64) -> Option<i64> {
    let (year, month, day) = civil(ticks.div_euclid(DAY));
    let months = (year * 12 + i64::from(month) - 1).checked_add(count)?;
    let (year, month) = (months.div_euclid(12), u32::try_from(months.rem_euclid(12)).ok()? + 1);
    if !(1..=9999).contains(&year) {
        return None;
    }
    let day = day.min(month_length(year, month));
    Some(days(year, month, day) * DAY + ticks.rem_euclid(DAY))
}
