//! `prev()`, `next()`

use crate::functions::kernel::Longs;
use crate::registry::{
    ArgumentKind, Call, Eval, ParameterType::Is, ParameterType::Scalar, ResultName, Returns, ScalarFunction, Signature,
    optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use arrow::array::{Array, ArrayRef, StringArray, UInt32Array};
use arrow::compute::{interleave, take};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

static SIGNATURES: [Signature; 1] = [sig(
    &[
        p("column", Scalar),
        optional("offset", Is(Long)).kind(ArgumentKind::Constant),
        optional("default_value", Scalar).kind(ArgumentKind::Constant),
    ],
    Returns::Parameter(0),
)];

pub static PREV: ScalarFunction = ScalarFunction {
    name: "prev",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The value of a column in an earlier row; by default the row before.",
    page: "prev-function",
    eval: Eval::Window(|call| shifted(call, -1)),
};

pub static NEXT: ScalarFunction = ScalarFunction {
    name: "next",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The value of a column in a later row; by default the next row.",
    page: "next-function",
    eval: Eval::Window(|call| shifted(call, 1)),
};

fn shifted(call: &Call, direction: i64) -> Result<ColumnarValue> {
    let values = call.array(0)?;
    let offset = match call.args.get(1) {
        Some(_) => match call.longs(1)? {
            Longs::Scalar(offset) => offset.unwrap_or(1),
            Longs::Column(array) if !array.is_empty() && !array.is_null(0) => array.value(0),
            Longs::Column(_) => 1,
        },
        None => 1,
    };
    if offset < 1 {
        return exec_err!("The offset must be at least 1, not {offset}.");
    }
    let rows = values.len() as i64;
    let places: UInt32Array = (0..rows)
        .map(|row| {
            let place = row.saturating_add(direction * offset);
            (0..rows).contains(&place).then_some(place as u32)
        })
        .collect();
    let default = match call.args.get(2) {
        Some(default) => Some(converted(default, &values)?),
        None if call.returns == String => Some(Arc::new(StringArray::from(vec![""])) as ArrayRef),
        None => None,
    };
    let shifted = match default {
        None => take(&values, &places, None)?,
        Some(default) => {
            let indices: Vec<(usize, usize)> = places.iter().map(|p| p.map_or((1, 0), |p| (0, p as usize))).collect();
            interleave(&[&values, &default], &indices)?
        }
    };
    Ok(ColumnarValue::Array(shifted))
}

/// The default as an array of one value of the column's type.
fn converted(default: &ColumnarValue, values: &ArrayRef) -> Result<ArrayRef> {
    let one = match default {
        ColumnarValue::Scalar(scalar) => scalar.to_array()?,
        ColumnarValue::Array(array) if array.is_empty() => ScalarValue::try_from(array.data_type())?.to_array()?,
        ColumnarValue::Array(array) => array.slice(0, 1),
    };
    Ok(arrow::compute::cast(&one, values.data_type())?)
}
