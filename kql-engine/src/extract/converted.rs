//! Texts extracted from other texts, as columns of their types.

use crate::functions::conversion;
use crate::registry::{Call, Eval};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, BooleanArray, StringArray, new_null_array};
use arrow::compute::{is_null, nullif, or};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

/// What a text that does not convert means.
#[derive(Clone, Copy, PartialEq)]
pub enum Unconverted {
    /// The value is null.
    IsNull,
    /// The row has no values at all.
    DropsRow,
}

/// The columns of the given types; `matched` shows which rows have values.
pub fn converted(
    texts: Vec<StringArray>,
    types: &[ScalarType],
    mut matched: Vec<bool>,
    unconverted: Unconverted,
) -> (BooleanArray, Vec<ArrayRef>) {
    let rows = matched.len();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(texts.len());
    for (text, ty) in texts.into_iter().zip(types) {
        let text: ArrayRef = Arc::new(text);
        let column = if *ty == ScalarType::String { text.clone() } else { convert(&text, *ty) };
        // a text that is not JSON is a dynamic string
        if unconverted == Unconverted::DropsRow && !matches!(ty, ScalarType::String | ScalarType::Dynamic) {
            for (i, fits) in matched.iter_mut().enumerate() {
                *fits &= column.is_valid(i);
            }
        }
        columns.push(column);
    }
    let matched = BooleanArray::from(matched);
    let gone: BooleanArray = matched.iter().map(|m| m.map(|m| !m)).collect();
    let columns = columns
        .into_iter()
        .zip(types)
        .map(|(column, ty)| match ty {
            // a string is never null
            ScalarType::String => filled(&column, &gone),
            _ => nullif(&column, &gone).unwrap_or_else(|_| new_null_array(&ty.arrow(), rows)),
        })
        .collect();
    (matched, columns)
}

fn filled(column: &ArrayRef, gone: &BooleanArray) -> ArrayRef {
    let empty = is_null(column).and_then(|n| or(&n, gone)).unwrap_or_else(|_| gone.clone());
    match column.as_any().downcast_ref::<StringArray>() {
        Some(texts) => {
            let texts: StringArray = texts
                .iter()
                .zip(&empty)
                .map(|(t, e)| Some(if e == Some(true) { "" } else { t.unwrap_or("") }))
                .collect();
            Arc::new(texts)
        }
        None => column.clone(),
    }
}

/// The texts as values of the type; null if a text does not convert.
fn convert(texts: &ArrayRef, ty: ScalarType) -> ArrayRef {
    let rows = texts.len();
    let function = if ty == ScalarType::Dynamic { &conversion::PARSE_JSON } else { conversion::to(ty) };
    let args = [ColumnarValue::Array(texts.clone())];
    let types = [ScalarType::String];
    let call = Call { args: &args, rows, types: &types, returns: ty };
    let converted = match function.eval {
        Eval::Kernel(kernel) => kernel(&call).and_then(|v| v.into_array(rows)).ok(),
        _ => None,
    };
    converted.unwrap_or_else(|| new_null_array(&ty.arrow(), rows))
}
