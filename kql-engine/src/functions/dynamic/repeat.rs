//! `repeat()`, `range()`: arrays generated from a few values.

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::time::HOUR;
use crate::types::ScalarType::{self, Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};
use crate::value::Value;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

/// The maximum number of elements of an array generated here.
const MAX: usize = 1 << 20;

pub static REPEAT: ScalarFunction = ScalarFunction {
    name: "repeat",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar), p("count", Is(Long))], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("repeat"),
    summary: "An array that repeats a value a number of times; null if the number is negative.",
    page: "repeat-function",
    eval: Eval::Kernel(repeat),
};

pub static RANGE: ScalarFunction = ScalarFunction {
    name: "range",
    aliases: &[],
    signatures: &[
        sig(&[p("start", Number), p("stop", Number), optional("step", Number)], Returns::Is(Dynamic)),
        sig(&[p("start", Is(Datetime)), p("stop", Is(Datetime)), optional("step", Is(Timespan))], Returns::Is(Dynamic)),
        sig(&[p("start", Is(Timespan)), p("stop", Is(Timespan)), optional("step", Is(Timespan))], Returns::Is(Dynamic)),
    ],
    result_name: ResultName::None,
    summary: "An array of the values from start to stop, inclusive, by a step (1 or 1h by default); at most \
              1,048,576 elements.",
    page: "range-function",
    eval: Eval::Kernel(range),
};

fn repeat(call: &Call) -> Result<ColumnarValue> {
    let (value, count) = (Arg::new(call, 0)?, call.longs(1)?);
    let mut text = String::new();
    kernel::texts(call.rows, |i, out| {
        let Some(count) = count.get(i).and_then(|count| usize::try_from(count).ok()) else { return Ok(false) };
        text.clear();
        if !value.json(i, &mut text) {
            text.push_str("null");
        }
        write::array_within(std::iter::repeat_n(text.as_str(), count.min(MAX)), out).map(|()| true)
    })
}

fn range(call: &Call) -> Result<ColumnarValue> {
    let whole = |ty: &ScalarType| matches!(ty, Int | Long);
    match call.types.first() {
        Some(ty @ (Datetime | Timespan)) => {
            let (start, stop) = (call.longs(0)?, call.longs(1)?);
            let step = call.longs_or(2, HOUR)?;
            steps(call.rows, *ty, |i| Some((start.get(i)?, stop.get(i)?, step.get(i)?)))
        }
        _ if call.types.iter().all(whole) => {
            let long = |n: usize, i: usize| match call.types.get(n) {
                None => Ok(Some(1)),
                Some(Int) => call.ints(n).map(|v| v.get(i).map(i64::from)),
                Some(_) => call.longs(n).map(|v| v.get(i)),
            };
            steps(call.rows, Long, |i| Some((long(0, i).ok()??, long(1, i).ok()??, long(2, i).ok()??)))
        }
        _ => {
            let (start, stop) = (call.numbers(0)?, call.numbers(1)?);
            let step = if call.len() > 2 { Some(call.numbers(2)?) } else { None };
            let decimal = call.types.contains(&Decimal);
            kernel::texts(call.rows, |i, out| {
                let step = step.as_ref().map_or(Some(1.0), |s| s.get(i));
                let (Some(start), Some(stop), Some(step)) = (start.get(i), stop.get(i), step) else { return false };
                if step == 0.0 || !step.is_finite() || !start.is_finite() {
                    return false;
                }
                out.push('[');
                for n in 0..MAX {
                    let value = start + step * n as f64;
                    if (step > 0.0 && value > stop) || (step < 0.0 && value < stop) || stop.is_nan() {
                        break;
                    }
                    if n > 0 {
                        out.push(',');
                    }
                    match crate::decimal::from_real(value).filter(|_| decimal) {
                        Some(value) => write::value(&Value::Decimal(value), Decimal, out),
                        None => write::value(&Value::Real(value), Real, out),
                    }
                }
                out.push(']');
                true
            })
        }
    }
}

/// Ranges of longs, or of ticks.
fn steps(rows: usize, ty: ScalarType, bounds: impl Fn(usize) -> Option<(i64, i64, i64)>) -> Result<ColumnarValue> {
    kernel::texts(rows, |i, out| {
        let Some((start, stop, step)) = bounds(i).filter(|(.., step)| *step != 0) else { return false };
        out.push('[');
        let mut value = start;
        for n in 0..MAX {
            if (step > 0 && value > stop) || (step < 0 && value < stop) {
                break;
            }
            if n > 0 {
                out.push(',');
            }
            write::value(&Value::Long(value), ty, out);
            match value.checked_add(step).filter(|v| ty != Datetime || crate::time::RANGE.contains(v)) {
                Some(next) => value = next,
                None => break,
            }
        }
        out.push(']');
        true
    })
}
