//! `series_fir()`, `series_iir()`

use super::read::{self, Series};
use crate::budget::Pace;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static FIR: ScalarFunction = ScalarFunction {
    name: "series_fir",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series", DynamicArray),
            p("filter", DynamicArray),
            optional("normalize", Is(Bool)),
            optional("center", Is(Bool)),
        ],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Applies a finite impulse response (FIR) filter to a series; the filter is normalized by default \
              unless it has negative coefficients.",
    page: "series-fir-function",
    eval: Eval::Kernel(fir),
};

pub static IIR: ScalarFunction = ScalarFunction {
    name: "series_iir",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), p("numerators", DynamicArray), p("denominators", DynamicArray)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Applies an infinite impulse response (IIR) filter to a series.",
    page: "series-iir-function",
    eval: Eval::Kernel(iir),
};

fn fir(call: &Call) -> Result<ColumnarValue> {
    let filters = call.strings(1)?;
    let normalize = if call.len() > 2 { Some(call.bools(2)?) } else { None };
    let center = call.bools_or(3, false)?;
    read::map(call.rows, &call.strings(0)?, |i, series, out| {
        let Some(mut filter) = Series::parse(filters.get(i)).and_then(|f| f.complete()) else { return Ok(false) };
        let Some(values) = series.complete() else { return Ok(false) };
        let negative = filter.iter().any(|c| *c < 0.0);
        let normalize = normalize.as_ref().map_or(Some(!negative), |n| n.get(i)).unwrap_or(false);
        if normalize {
            if negative {
                return Ok(false);
            }
            let sum: f64 = filter.iter().sum();
            filter.iter_mut().for_each(|c| *c /= sum);
        }
        let ahead = if center.get(i).unwrap_or(false) { filter.len() / 2 } else { 0 };
        let mut pace = Pace::default();
        let mut filtered: Vec<f64> = Vec::with_capacity(values.len());
        for n in 0..values.len() {
            let parts =
                filter.iter().enumerate().filter_map(|(k, c)| Some(c * values.get((n + ahead).checked_sub(k)?)?));
            filtered.push(parts.sum());
            pace.work(filter.len())?;
        }
        read::reals(&filtered, out);
        Ok(true)
    })
}

fn iir(call: &Call) -> Result<ColumnarValue> {
    let (numerators, denominators) = (call.strings(1)?, call.strings(2)?);
    read::map(call.rows, &call.strings(0)?, |i, series, out| {
        let complete = |text: &str| Series::parse(text).and_then(|s| s.complete());
        let (Some(values), Some(b), Some(a)) =
            (series.complete(), complete(numerators.get(i)), complete(denominators.get(i)))
        else {
            return Ok(false);
        };
        let Some((first, feedback)) = a.split_first().filter(|(first, _)| **first != 0.0) else { return Ok(false) };
        let mut pace = Pace::default();
        let mut filtered: Vec<f64> = Vec::with_capacity(values.len());
        for n in 0..values.len() {
            let forward: f64 = b.iter().enumerate().filter_map(|(k, c)| Some(c * values.get(n.checked_sub(k)?)?)).sum();
            let back: f64 =
                feedback.iter().enumerate().filter_map(|(k, c)| Some(c * filtered.get(n.checked_sub(k + 1)?)?)).sum();
            filtered.push((forward - back) / first);
            pace.work(a.len() + b.len())?;
        }
        read::reals(&filtered, out);
        Ok(true)
    })
}
