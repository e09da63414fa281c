//! `series_fill_forward()`, `series_fill_backward()`, `series_fill_const()`, `series_fill_linear()`: missing values,
//! which are nulls or a placeholder.

use super::read::{self, Numbers, Series};
use crate::dynamic::write;
use crate::functions::kernel::AnyNumber;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static FILL: [Signature; 1] =
    [sig(&[p("series", DynamicArray), optional("missing_value_placeholder", Number)], Returns::Is(Dynamic))];

pub static FORWARD: ScalarFunction = ScalarFunction {
    name: "series_fill_forward",
    aliases: &[],
    signatures: &FILL,
    result_name: ResultName::FirstArgument,
    summary: "Replaces every missing value of a series with the last value before it.",
    page: "series-fill-forward-function",
    eval: Eval::Kernel(|call| run(call, 1, |_, values| forward(values.iter_mut()))),
};

pub static BACKWARD: ScalarFunction = ScalarFunction {
    name: "series_fill_backward",
    aliases: &[],
    signatures: &FILL,
    result_name: ResultName::FirstArgument,
    summary: "Replaces every missing value of a series with the first value after it.",
    page: "series-fill-backward-function",
    eval: Eval::Kernel(|call| run(call, 1, |_, values| forward(values.iter_mut().rev()))),
};

pub static CONST: ScalarFunction = ScalarFunction {
    name: "series_fill_const",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), optional("constant_value", Number), optional("missing_value_placeholder", Number)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Replaces every missing value of a series with a constant.",
    page: "series-fill-const-function",
    eval: Eval::Kernel(constant),
};

pub static LINEAR: ScalarFunction = ScalarFunction {
    name: "series_fill_linear",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series", DynamicArray),
            optional("missing_value_placeholder", Number),
            optional("fill_edges", Is(Bool)),
            optional("constant_value", Number),
        ],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Replaces every missing value of a series by linear interpolation; at the edges with the nearest \
              value, unless that is turned off; in a series without values with a constant.",
    page: "series-fill-linear-function",
    eval: Eval::Kernel(linear),
};

/// Replaces placeholders by missing values.
fn open(series: &mut Series, placeholder: Option<f64>) {
    if let Some(placeholder) = placeholder {
        for value in series.values.iter_mut().filter(|v| **v == Some(placeholder)) {
            *value = None;
        }
    }
}

fn placeholder<'a>(call: &Call<'a>, n: usize) -> Result<Option<AnyNumber<'a>>> {
    if call.len() > n { call.numbers(n).map(Some) } else { Ok(None) }
}

fn run(call: &Call, n: usize, fill: impl Fn(usize, &mut [Option<f64>])) -> Result<ColumnarValue> {
    let missing = placeholder(call, n)?;
    read::map(call.rows, &call.strings(0)?, |i, mut series, out| {
        let value = missing.as_ref().and_then(|m| m.get(i));
        open(&mut series, value);
        fill(i, &mut series.values);
        // a value that cannot be filled is kept
        read::numbers(series.values.iter().map(|v| v.or(value)), series.numbers, out);
        true
    })
}

fn forward<'a>(values: impl Iterator<Item = &'a mut Option<f64>>) {
    let mut last = None;
    for value in values {
        match value {
            Some(_) => last = *value,
            None => *value = last,
        }
    }
}

fn constant(call: &Call) -> Result<ColumnarValue> {
    let filler = placeholder(call, 1)?;
    let form = call.types.get(1).map_or(Numbers::Whole, |ty| Numbers::of(*ty));
    let missing = placeholder(call, 2)?;
    read::map(call.rows, &call.strings(0)?, |i, mut series, out| {
        open(&mut series, missing.as_ref().and_then(|m| m.get(i)));
        let value = filler.as_ref().map_or(Some(0.0), |f| f.get(i));
        write::list(series.values.iter(), out, |element, out| match element {
            Some(_) => read::number(*element, series.numbers, out),
            None => read::number(value, form, out),
        });
        true
    })
}

fn linear(call: &Call) -> Result<ColumnarValue> {
    let missing = placeholder(call, 1)?;
    let edges = call.bools_or(2, true)?;
    let filler = placeholder(call, 3)?;
    read::map(call.rows, &call.strings(0)?, |i, mut series, out| {
        let value = missing.as_ref().and_then(|m| m.get(i));
        open(&mut series, value);
        if series.values.iter().all(Option::is_none) {
            let filler = filler.as_ref().map_or(Some(0.0), |f| f.get(i));
            read::numbers(series.values.iter().map(|_| filler), Numbers::Real, out);
            return true;
        }
        between(&mut series);
        if edges.get(i).unwrap_or(true) {
            forward(series.values.iter_mut());
            forward(series.values.iter_mut().rev());
        }
        read::numbers(series.values.iter().map(|v| v.or(value)), series.numbers, out);
        true
    })
}

/// Whole numbers are truncated.
fn between(series: &mut Series) {
    let mut left: Option<(usize, f64)> = None;
    for right in 0..series.values.len() {
        let Some(end) = series.values.get(right).copied().flatten() else { continue };
        if let Some((from, start)) = left {
            let step = (end - start) / (right - from) as f64;
            for at in from + 1..right {
                if let Some(value) = series.values.get_mut(at) {
                    *value = Some(start + step * (at - from) as f64);
                }
            }
        }
        left = Some((right, end));
    }
}
