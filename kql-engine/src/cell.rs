//! A cell of a result as text.

use crate::types::ScalarType;
use crate::{decimal, dynamic, render};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type};
use std::fmt::Write;

/// Appends the cell in the JSON encoding of Kusto's REST API.
pub fn json(array: &dyn Array, ty: ScalarType, row: usize, out: &mut String) {
    if array.is_null(row) {
        out.push_str(if ty == ScalarType::String { "\"\"" } else { "null" });
        return;
    }
    match ty {
        ScalarType::String | ScalarType::Guid => dynamic::write::string(array.as_string::<i32>().value(row), out),
        ScalarType::Datetime | ScalarType::Timespan | ScalarType::Decimal => {
            out.push('"');
            text(array, ty, row, out);
            out.push('"');
        }
        ScalarType::Real => {
            let value = array.as_primitive::<Float64Type>().value(row);
            if value.is_finite() {
                let _ = write!(out, "{value:?}");
            } else {
                out.push('"');
                render::real(value, out);
                out.push('"');
            }
        }
        ScalarType::Dynamic => out.push_str(array.as_string::<i32>().value(row)),
        _ => text(array, ty, row, out),
    }
}

/// Appends the cell as displayed; nothing for null.
pub fn text(array: &dyn Array, ty: ScalarType, row: usize, out: &mut String) {
    if array.is_null(row) {
        return;
    }
    match ty {
        ScalarType::Bool => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        ScalarType::Int => _ = write!(out, "{}", array.as_primitive::<Int32Type>().value(row)),
        ScalarType::Long => _ = write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        ScalarType::Real => render::real(array.as_primitive::<Float64Type>().value(row), out),
        ScalarType::Decimal => decimal::text(array.as_primitive::<Decimal256Type>().value(row), out),
        ScalarType::Datetime => crate::time::datetime_short(array.as_primitive::<Int64Type>().value(row), out),
        ScalarType::Timespan => crate::time::timespan(array.as_primitive::<Int64Type>().value(row), out),
        ScalarType::String | ScalarType::Guid => out.push_str(array.as_string::<i32>().value(row)),
        ScalarType::Dynamic => {
            out.push_str(&dynamic::dynamic_text(array.as_string::<i32>().value(row)));
        }
        ScalarType::Unknown => {}
    }
}
