//! Texts extracted from other texts, as columns of their types.

use crate::functions::conversion;
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::{is_null, nullif, or};
use datafusion::common::Result;
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
) -> Result<(BooleanArray, Vec<ArrayRef>)> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(texts.len());
    for (text, ty) in texts.into_iter().zip(types) {
        let text: ArrayRef = Arc::new(text);
        let column =
            if *ty == ScalarType::String { text } else { conversion::convert(&text, ScalarType::String, *ty)? };
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
    for (column, ty) in columns.iter_mut().zip(types) {
        *column = match ty {
            // a string is never null
            ScalarType::String => filled(column, &gone)?,
            _ => nullif(column, &gone)?,
        };
    }
    Ok((matched, columns))
}

fn filled(column: &ArrayRef, gone: &BooleanArray) -> Result<ArrayRef> {
    let empty = or(&is_null(column)?, gone)?;
    let texts = column.as_string::<i32>().iter().zip(&empty);
    let texts: StringArray = texts.map(|(t, e)| Some(if e == Some(true) { "" } else { t.unwrap_or("") })).collect();
    Ok(Arc::new(texts))
}
