//! `datetime_part()`

use super::parts;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Values, p, sig,
};
use crate::time::{HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND};
use crate::types::ScalarType::{Datetime, Long, String};
use datafusion::common::{Result, internal_err};

static PARTS: Values = Values {
    listed: &[
        "year",
        "quarter",
        "month",
        "week_of_year",
        "day",
        "dayofyear",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ],
    // the old name of week_of_year
    old: &["weekofyear"],
    cased: false,
};

pub static DATETIME_PART: ScalarFunction = ScalarFunction {
    name: "datetime_part",
    aliases: &["datepart"],
    signatures: &[sig(&[p("part", Is(String)).one_of(&PARTS), p("date", Is(Datetime))], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "A part of a datetime as a number: year, quarter, month, week_of_year, day, dayOfYear, hour, minute, second, \
              millisecond, microsecond or nanosecond.",
    page: "datetime-part-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let part = info.text(0).unwrap_or("");
    let Some(of) = part_of(&part.to_lowercase()) else {
        return internal_err!("'{part}' is not a valid datetime part; use {}.", PARTS.list());
    };
    Ok(Box::new(move |call: &Call| {
        let date = call.longs(1)?;
        kernel::longs(call.rows, |i| date.get(i).map(of))
    }))
}

fn part_of(part: &str) -> Option<fn(i64) -> i64> {
    Some(match part {
        "year" => parts::year,
        "quarter" => |t| (parts::month(t) - 1) / 3 + 1,
        "month" => parts::month,
        "week_of_year" => parts::week_of_year,
        "weekofyear" => parts::old_week_of_year,
        "day" => parts::day,
        "dayofyear" => parts::day_of_year,
        "hour" => parts::hour,
        "minute" => |t| t.rem_euclid(HOUR) / MINUTE,
        "second" => |t| t.rem_euclid(MINUTE) / SECOND,
        "millisecond" => |t| t.rem_euclid(SECOND) / MILLISECOND,
        "microsecond" => |t| t.rem_euclid(SECOND) / MICROSECOND,
        "nanosecond" => |t| t.rem_euclid(SECOND) * 100,
        _ => return None,
    })
}
