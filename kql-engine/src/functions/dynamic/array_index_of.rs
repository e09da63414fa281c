//! `array_index_of()`, `set_has_element()`

use crate::dynamic::compare;
use crate::dynamic::read;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval,
    ParameterType::{DynamicArray, Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ARRAY_INDEX_OF: ScalarFunction = ScalarFunction {
    name: "array_index_of",
    aliases: &[],
    signatures: &[sig(
        &[
            p("array", DynamicArray),
            p("value", Scalar),
            optional("start", Is(Long)),
            optional("length", Is(Long)),
            optional("occurrence", Is(Long)).kind(ArgumentKind::Constant),
        ],
        Returns::Is(Long),
    )],
    result_name: ResultName::None,
    summary: "The position of a value in an array, or -1 if it is missing; optionally from a start position, over \
              a number of elements.",
    page: "array-index-of-function",
    eval: Eval::Kernel(index_of),
};

pub static SET_HAS_ELEMENT: ScalarFunction = ScalarFunction {
    name: "set_has_element",
    aliases: &[],
    signatures: &[sig(&[p("set", DynamicArray), p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if the array contains the value.",
    page: "set-has-element-function",
    eval: Eval::Kernel(has_element),
};

fn index_of(call: &Call) -> Result<ColumnarValue> {
    let (arrays, value) = (call.strings(0)?, Arg::new(call, 1)?);
    let (start, length, occurrence) = (call.longs_or(2, 0)?, call.longs_or(3, -1)?, call.longs_or(4, 1)?);
    let mut text = String::new();
    kernel::longs(call.rows, |i| {
        let items = read::array(arrays.get(i))?;
        text.clear();
        if !value.json(i, &mut text) {
            text.push_str("null");
        }
        let wanted = compare::key(&text);
        let (length, occurrence) = (length.get(i)?, occurrence.get(i)?);
        if length < -1 || occurrence < 0 {
            return None;
        }
        let mut start = start.get(i)?;
        if start < 0 {
            start = (start + items.len() as i64).max(0);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let skip = usize::try_from(start).unwrap_or(usize::MAX);
        let nth = usize::try_from(occurrence.max(1) - 1).unwrap_or(usize::MAX);
        let found = items.iter().enumerate().skip(skip).take(length).filter(|(_, item)| compare::key(item) == wanted);
        Some({ found }.nth(nth).map_or(-1, |(at, _)| at as i64))
    })
}

fn has_element(call: &Call) -> Result<ColumnarValue> {
    let (arrays, value) = (call.strings(0)?, Arg::new(call, 1)?);
    let mut text = String::new();
    kernel::bools(call.rows, |i| {
        let items = read::array(arrays.get(i))?;
        text.clear();
        if !value.json(i, &mut text) {
            text.push_str("null");
        }
        let wanted = compare::key(&text);
        Some(items.iter().any(|item| compare::key(item) == wanted))
    })
}
