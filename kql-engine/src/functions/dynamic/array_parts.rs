//! `array_slice()`, `array_split()`

use crate::dynamic::read;
use crate::dynamic::write;
use crate::functions::kernel::{self, Longs, Strings};
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ARRAY_SLICE: ScalarFunction = ScalarFunction {
    name: "array_slice",
    aliases: &[],
    signatures: &[sig(&[p("array", DynamicArray), p("start", Is(Long)), p("end", Is(Long))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The elements from one position to another, both included; negative positions count from the end.",
    page: "array-slice-function",
    eval: Eval::Kernel(slice),
};

pub static ARRAY_SPLIT: ScalarFunction = ScalarFunction {
    name: "array_split",
    aliases: &[],
    signatures: &[
        sig(&[p("array", DynamicArray), p("index", Is(Long))], Returns::Is(Dynamic)),
        sig(&[p("array", DynamicArray), p("indices", DynamicArray)], Returns::Is(Dynamic)),
    ],
    result_name: ResultName::None,
    summary: "Splits an array at the given positions and returns an array of arrays; negative positions count \
              from the end.",
    page: "array-split-function",
    eval: Eval::Kernel(split),
};

/// A position counted from the start; it can be outside of the array.
fn position(index: i64, length: usize) -> i64 {
    if index < 0 { index.saturating_add(length as i64) } else { index }
}

fn slice(call: &Call) -> Result<ColumnarValue> {
    let (arrays, start, end) = (call.strings(0)?, call.longs(1)?, call.longs(2)?);
    kernel::texts(call.rows, |i, out| {
        let (Some(items), Some(start), Some(end)) = (read::array(arrays.get(i)), start.get(i), end.get(i)) else {
            return false;
        };
        let from = usize::try_from(position(start, items.len()).max(0)).unwrap_or(usize::MAX).min(items.len());
        let to = usize::try_from(position(end, items.len()).saturating_add(1).max(0)).unwrap_or(usize::MAX);
        write::array(items.get(from..to.min(items.len())).unwrap_or(&[]).iter().copied(), out);
        true
    })
}

enum Indices<'a> {
    Scalar(Longs<'a>),
    Array(Strings<'a>),
}

fn split(call: &Call) -> Result<ColumnarValue> {
    let arrays = call.strings(0)?;
    let places = match call.types.get(1) {
        Some(Long) => Indices::Scalar(call.longs(1)?),
        _ => Indices::Array(call.strings(1)?),
    };
    let mut part = String::new();
    kernel::texts(call.rows, |i, out| {
        let Some(items) = read::array(arrays.get(i)) else { return false };
        let indices: Option<Vec<i64>> = match &places {
            Indices::Scalar(index) => index.get(i).map(|index| vec![index]),
            Indices::Array(indices) => {
                read::array(indices.get(i)).and_then(|all| all.into_iter().map(|n| n.parse().ok()).collect())
            }
        };
        let Some(indices) = indices else { return false };
        let mut from = 0;
        out.push('[');
        for index in indices.iter().map(Some).chain([None]) {
            let to = match index {
                Some(index) => {
                    usize::try_from(position(*index, items.len()).max(0)).unwrap_or(usize::MAX).clamp(from, items.len())
                }
                None => items.len(),
            };
            part.clear();
            write::array(items.get(from..to).unwrap_or(&[]).iter().copied(), &mut part);
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&part);
            from = to;
        }
        out.push(']');
        true
    })
}
