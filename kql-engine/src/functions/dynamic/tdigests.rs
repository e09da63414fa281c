//! `percentile_tdigest()`, `percentiles_array_tdigest()`, `rank_tdigest()`, `percentrank_tdigest()`
//!
//! A state of `tdigest()` is an array of all values, so that ranks are exact. A percentile is the nearest rank: the least
//! value that at least so many of the values do not exceed.

use crate::dynamic::{read, write};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is, Number, TypeLiteral},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::{Dynamic, Int, Long, Real};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ColumnarValue;

pub static PERCENTILE_TDIGEST: ScalarFunction = ScalarFunction {
    name: "percentile_tdigest",
    aliases: &[],
    signatures: &[
        sig(&[p("tdigest", DynamicArray), p("percentile1", Is(Real))], Returns::Is(Dynamic)),
        sig(&[p("tdigest", DynamicArray), p("percentile1", Is(Real)), p("type", TypeLiteral)], Returns::Literal(2)),
    ],
    result_name: ResultName::NameAndFirstArgument,
    summary: "The percentile of the values that a state of tdigest() or tdigest_merge() holds.",
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
    summary: "Percentiles of the values that a state of tdigest() or tdigest_merge() holds, as an array.",
    page: "percentile-array-tdigest-function",
    eval: Eval::Kernel(percentiles),
};

pub static RANK_TDIGEST: ScalarFunction = ScalarFunction {
    name: "rank_tdigest",
    aliases: &[],
    signatures: &[sig(&[p("digest", DynamicArray), p("value", Number)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "How many of the values of a state of tdigest() are no greater than this one.",
    page: "rank-tdigest-function",
    eval: Eval::Kernel(|call| ranks(call, |rank, _| rank)),
};

pub static PERCENTRANK_TDIGEST: ScalarFunction = ScalarFunction {
    name: "percentrank_tdigest",
    aliases: &[],
    signatures: &[sig(&[p("digest", DynamicArray), p("value", Number)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "Which percentage of the values of a state of tdigest() are no greater than this one.",
    page: "percentrank-tdigest-function",
    eval: Eval::Kernel(|call| ranks(call, |rank, count| 100.0 * rank / count)),
};

/// The values of a state, each with its text, least first; none where it is no state or has no values.
fn values(state: &str) -> Option<Vec<(f64, &str)>> {
    let items = read::array(state)?.into_iter();
    let mut values = items
        .map(|item| {
            let number = read::unquote(item);
            Some((number.as_deref().unwrap_or(item).parse::<f64>().ok()?, item))
        })
        .collect::<Option<Vec<_>>>()?;
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    (!values.is_empty()).then_some(values)
}

fn nearest<'v>(values: &[(f64, &'v str)], percentage: f64) -> Option<(f64, &'v str)> {
    if !(0.0..=100.0).contains(&percentage) {
        return None;
    }
    let rank = (values.len() as f64 * percentage / 100.0).ceil().max(1.0) as usize;
    values.get(rank.min(values.len()).checked_sub(1)?).copied()
}

fn percentile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    if !matches!(info.returns, Dynamic | Long | Int | Real) {
        return plan_err!("percentile_tdigest() gives int, long, real or dynamic, and no {}.", info.returns);
    }
    Ok(Box::new(|call: &Call| -> Result<ColumnarValue> {
        let (states, percentages) = (call.strings(0)?, call.reals(1)?);
        let find = |i: usize| nearest(&values(states.option(i)?)?, percentages.get(i)?);
        match call.returns {
            Long => kernel::longs(call.rows, |i| find(i).map(|(value, text)| text.parse().unwrap_or(value as i64))),
            Int => kernel::ints(call.rows, |i| find(i).and_then(|(_, text)| text.parse().ok())),
            Real => kernel::reals(call.rows, |i| find(i).map(|(value, _)| value)),
            _ => kernel::texts(call.rows, |i, out| match find(i) {
                Some((_, text)) => {
                    out.push_str(text);
                    true
                }
                None => false,
            }),
        }
    }))
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
    let found = percentages.map(|p| p.and_then(|p| nearest(&values, p)).map_or("null", |(_, text)| text));
    write::array(found, out);
    true
}

fn ranks(call: &Call, measure: fn(f64, f64) -> f64) -> Result<ColumnarValue> {
    let (states, wanted) = (call.strings(0)?, call.numbers(1)?);
    kernel::reals(call.rows, |i| {
        let (values, wanted) = (values(states.option(i)?)?, wanted.get(i)?);
        let rank = values.partition_point(|(value, _)| *value <= wanted);
        Some(measure(rank as f64, values.len() as f64))
    })
}
