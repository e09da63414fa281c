//! `datetime_diff()`: the number of boundaries of a part between two datetimes.

use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Values, p, sig,
};
use crate::time::{DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, civil};
use crate::types::ScalarType::{Datetime, Long, Real, String};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;

/// The parts of a datetime that are counted.
pub(super) static PARTS: Values = Values {
    listed: &[
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ],
    old: &[],
    cased: false,
};

pub static DATETIME_DIFF: ScalarFunction = ScalarFunction {
    name: "datetime_diff",
    aliases: &[],
    signatures: &[sig(
        &[p("part", Is(String)).one_of(&PARTS), p("datetime1", Is(Datetime)), p("datetime2", Is(Datetime))],
        // the number of weeks is a real
        Returns::ByLiteral(0, |part| if part.eq_ignore_ascii_case("week") { Real } else { Long }),
    )],
    result_name: ResultName::None,
    summary: "The number of boundaries of a year, quarter, month, week, day, hour, minute, second, millisecond, \
              microsecond or nanosecond between the second datetime and the first.",
    page: "datetime-diff-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let part = info.text(0).unwrap_or("").to_lowercase();
    let Some(index) = index_of(&part) else {
        return internal_err!("'{part}' is not a valid datetime part; use {}.", PARTS.list());
    };
    let real = part == "week";
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let (a, b) = (call.longs(1)?, call.longs(2)?);
        let difference = |i: usize| Some(index(a.get(i)?).wrapping_sub(index(b.get(i)?)));
        if real {
            return kernel::reals(call.rows, |i| difference(i).map(|d| d as f64));
        }
        kernel::longs(call.rows, difference)
    }))
}

/// The number of a part, counted from year 1.
fn index_of(part: &str) -> Option<fn(i64) -> i64> {
    Some(match part {
        "year" => |t| civil(t.div_euclid(DAY)).0,
        "quarter" => |t| {
            let (year, month, _) = civil(t.div_euclid(DAY));
            year * 4 + i64::from(month - 1) / 3
        },
        "month" => |t| {
            let (year, month, _) = civil(t.div_euclid(DAY));
            year * 12 + i64::from(month) - 1
        },
        // weeks start on Sunday, and 0001-01-01 was a Monday
        "week" => |t| (t.div_euclid(DAY) + 1).div_euclid(7),
        "day" => |t| t.div_euclid(DAY),
        "hour" => |t| t.div_euclid(HOUR),
        "minute" => |t| t.div_euclid(MINUTE),
        "second" => |t| t.div_euclid(SECOND),
        "millisecond" => |t| t.div_euclid(MILLISECOND),
        "microsecond" => |t| t.div_euclid(MICROSECOND),
        "nanosecond" => |t| t.wrapping_mul(100),
        _ => return None,
    })
}
