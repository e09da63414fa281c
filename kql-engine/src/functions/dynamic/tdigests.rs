//! `percentile_tdigest()`, `percentiles_array_tdigest()`, `rank_tdigest()`, `percentrank_tdigest()`
//!
//! A state of `tdigest()` is an array of all values, with `[value, weight]` for a value that counts several times, so
//! ranks are exact. A percentile is the nearest rank: the smallest value that is not less than the given share of the
//! values. Datetimes and timespans are ranked by their ticks.

use crate::decimal;
use crate::dynamic::{date, read, write};
use crate::functions::conversion::{self, Arg};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is, Summable, TypeLiteral},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::{Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ColumnarValue;
use std::cmp::Ordering;

pub static PERCENTILE_TDIGEST: ScalarFunction = ScalarFunction {
    name: "percentile_tdigest",
    aliases: &[],
    signatures: &[
        sig(&[p("tdigest", DynamicArray), p("percentile1", Is(Real))], Returns::Is(Dynamic)),
        sig(&[p("tdigest", DynamicArray), p("percentile1", Is(Real)), p("type", TypeLiteral)], Returns::Literal(2)),
    ],
    result_name: ResultName::NameAndFirstArgument,
    summary: "A percentile of the values in a state returned by tdigest() or tdigest_merge().",
    page: "percentile-tdigest-function",
    eval: Eval::Compiled(percentile),
};

pub static PERCENTILES_ARRAY_TDIGEST: ScalarFunction = ScalarFunction {
    name: "percentiles_array_tdigest",
    aliases: &[],
    signatures: &[
        sig(&[p("tdigest", DynamicArray), p("percentiles", DynamicArray)], Returns::Is(Dynamic)),
        sig(&[p("tdigest", DynamicArray), repeated("percentile", Is(Real), 1024)], Returns::Is(Dynamic)),
    ],
    result_name: ResultName::Prefix("percentile_tdigest"),
    summary: "An array of percentiles of the values in a state returned by tdigest() or tdigest_merge().",
    page: "percentile-array-tdigest-function",
    eval: Eval::Kernel(percentiles),
};

pub static RANK_TDIGEST: ScalarFunction = ScalarFunction {
    name: "rank_tdigest",
    aliases: &[],
    signatures: &[sig(&[p("digest", DynamicArray), p("value", Summable)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The number of values in a state returned by tdigest() that are less than or equal to the given value.",
    page: "rank-tdigest-function",
    eval: Eval::Kernel(|call| ranks(call, |rank, _| rank)),
};

pub static PERCENTRANK_TDIGEST: ScalarFunction = ScalarFunction {
    name: "percentrank_tdigest",
    aliases: &[],
    signatures: &[sig(&[p("digest", DynamicArray), p("value", Summable)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The percentage of values in a state returned by tdigest() that are less than or equal to the given \
              value.",
    page: "percentrank-tdigest-function",
    eval: Eval::Kernel(|call| ranks(call, |rank, count| 100.0 * rank / count)),
};

/// A number, or the ticks of a datetime or timespan.
#[derive(Clone, Copy)]
struct Number {
    real: f64,
    /// The same number with all its digits, if it is whole.
    whole: Option<i64>,
}

impl Number {
    fn whole(number: i64) -> Number {
        Number { real: number as f64, whole: Some(number) }
    }

    fn real(real: f64) -> Number {
        Number { real, whole: None }
    }

    /// Reads a value that `tdigest()` wrote.
    fn parse(json: &str) -> Option<Number> {
        let text = match read::unquote(json) {
            Some(text) => text,
            None => return json.parse().map(Number::whole).or_else(|_| json.parse().map(Number::real)).ok(),
        };
        let real = text.parse().ok().map(Number::real);
        let ticks = || date::ticks(&text).or_else(|| conversion::timespan_of(&text)).map(Number::whole);
        real.or_else(ticks)
    }

    fn compare(self, other: Number) -> Ordering {
        match (self.whole, other.whole) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.real.total_cmp(&other.real),
        }
    }
}

/// A value of a state as it is written, and its weight.
#[derive(Clone, Copy)]
struct Ranked<'s> {
    number: Number,
    text: &'s str,
    weight: i64,
}

/// The values of a state, smallest first; `None` if the text is not a state or has no values.
fn values(state: &str) -> Option<Vec<Ranked<'_>>> {
    let items = read::array(state)?.into_iter();
    let mut values = items
        .map(|item| {
            let (text, weight) = match read::array(item).as_deref() {
                Some([value, weight]) => (*value, weight.parse().ok().filter(|w| *w > 0)?),
                Some(_) => return None,
                None => (item, 1),
            };
            Some(Ranked { number: Number::parse(text)?, text, weight })
        })
        .collect::<Option<Vec<_>>>()?;
    values.sort_by(|a, b| a.number.compare(b.number));
    (!values.is_empty()).then_some(values)
}

fn total<'s>(values: impl IntoIterator<Item = &'s Ranked<'s>>) -> i128 {
    values.into_iter().map(|value| i128::from(value.weight)).sum()
}

fn nearest<'s>(values: &[Ranked<'s>], percentage: f64) -> Option<Ranked<'s>> {
    if !(0.0..=100.0).contains(&percentage) {
        return None;
    }
    let wanted = (total(values) as f64 * percentage / 100.0).ceil().max(1.0) as i128;
    let mut passed = 0;
    let found = values.iter().find(|value| {
        passed += i128::from(value.weight);
        passed >= wanted
    });
    found.or(values.last()).copied()
}

fn percentile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    if !matches!(info.returns, Dynamic | Long | Int | Real | Datetime | Timespan | Decimal) {
        return plan_err!(
            "percentile_tdigest() cannot return the type {}; use a number, datetime, timespan or dynamic.",
            info.returns
        );
    }
    Ok(Box::new(|call: &Call| -> Result<ColumnarValue> {
        let (states, percentages) = (call.strings(0)?, call.reals(1)?);
        let find = |i: usize| nearest(&values(states.option(i)?)?, percentages.get(i)?);
        match call.returns {
            Long => kernel::longs(call.rows, |i| find(i).map(ticks)),
            Datetime => kernel::longs(call.rows, |i| find(i).map(ticks).filter(|t| crate::time::RANGE.contains(t))),
            Timespan => kernel::longs(call.rows, |i| find(i).map(ticks)),
            Int => kernel::ints(call.rows, |i| find(i).and_then(|found| found.text.parse().ok())),
            Real => kernel::reals(call.rows, |i| find(i).map(|found| found.number.real)),
            Decimal => kernel::decimals(call.rows, |i| {
                find(i).and_then(|f| decimal::parse(&read::unquote(f.text).unwrap_or(f.text.into())))
            }),
            _ => kernel::texts(call.rows, |i, out| match find(i) {
                Some(found) => {
                    out.push_str(found.text);
                    true
                }
                None => false,
            }),
        }
    }))
}

fn ticks(found: Ranked) -> i64 {
    found.number.whole.unwrap_or(found.number.real as i64)
}

fn percentiles(call: &Call) -> Result<ColumnarValue> {
    let states = call.strings(0)?;
    if call.types.get(1) == Some(&Dynamic) {
        let arrays = call.strings(1)?;
        return kernel::texts(call.rows, |i, out| {
            let numbers = arrays.option(i).and_then(read::array).unwrap_or_default();
            listed(states.option(i), numbers.iter().map(|n| n.parse().ok()), out)
        });
    }
    let percentages: Vec<_> = (1..call.args.len()).map(|n| call.reals(n)).collect::<Result<_>>()?;
    kernel::texts(call.rows, |i, out| listed(states.option(i), percentages.iter().map(|p| p.get(i)), out))
}

fn listed(state: Option<&str>, percentages: impl Iterator<Item = Option<f64>>, out: &mut String) -> bool {
    let Some(values) = state.and_then(values) else { return false };
    let found = percentages.map(|p| p.and_then(|p| nearest(&values, p)).map_or("null", |found| found.text));
    write::array(found, out);
    true
}

fn ranks(call: &Call, measure: fn(f64, f64) -> f64) -> Result<ColumnarValue> {
    let (states, wanted) = (call.strings(0)?, Arg::new(call, 1)?);
    kernel::reals(call.rows, |i| {
        let wanted = match &wanted {
            Arg::Int(v) => Number::whole(v.get(i)?.into()),
            Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => Number::whole(v.get(i)?),
            Arg::Real(v) => Number::real(v.get(i)?),
            Arg::Decimal(v) => Number::real(decimal::to_real(v.get(i)?)),
            _ => return None,
        };
        let values = values(states.option(i)?)?;
        let below = values.partition_point(|value| value.number.compare(wanted).is_le());
        Some(measure(total(values.iter().take(below)) as f64, total(&values) as f64))
    })
}
