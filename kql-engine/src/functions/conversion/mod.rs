//! Conversions. They never fail: a value that does not convert becomes null, or `""` as a string.

mod convert;
mod gettype;
mod parse_json;
mod tobool;
mod todatetime;
mod todecimal;
mod todynamic;
mod toguid;
mod toint;
mod tolong;
mod toreal;
mod tostring;
mod totimespan;

pub use convert::{Arg, dynamic_texts, parse, text_of, timespan_of};
pub use parse_json::PARSE_JSON;

pub use todynamic::VALUE_TO_DYNAMIC;
pub use tostring::TOSTRING;

use crate::registry::{Call, Eval, ScalarFunction};
use crate::types::ScalarType;
use arrow::array::ArrayRef;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;

/// All conversion functions.
pub static ALL: &[&ScalarFunction] = &[
    &tobool::TOBOOL,
    &toint::TOINT,
    &tolong::TOLONG,
    &toreal::TOREAL,
    &todecimal::TODECIMAL,
    &tostring::TOSTRING,
    &todatetime::TODATETIME,
    &totimespan::TOTIMESPAN,
    &toguid::TOGUID,
    &parse_json::PARSE_JSON,
    &gettype::GETTYPE,
];

/// A column of another type. A text becomes a dynamic as by `parse_json()`; a value that does not convert becomes null.
pub fn convert(values: &ArrayRef, from: ScalarType, wanted: ScalarType) -> Result<ArrayRef> {
    let function = match (from, wanted) {
        (ScalarType::String, ScalarType::Dynamic) => &PARSE_JSON,
        _ => to(wanted),
    };
    let Eval::Kernel(kernel) = function.eval else { return internal_err!("{} has no kernel", function.name) };
    let args = [ColumnarValue::Array(values.clone())];
    kernel(&Call { args: &args, rows: values.len(), types: &[from], returns: wanted })?.into_array(values.len())
}

/// The function that converts to a type.
pub fn to(ty: ScalarType) -> &'static ScalarFunction {
    match ty {
        ScalarType::Bool => &tobool::TOBOOL,
        ScalarType::Int => &toint::TOINT,
        ScalarType::Long => &tolong::TOLONG,
        ScalarType::Real => &toreal::TOREAL,
        ScalarType::Decimal => &todecimal::TODECIMAL,
        ScalarType::String | ScalarType::Unknown => &tostring::TOSTRING,
        ScalarType::Datetime => &todatetime::TODATETIME,
        ScalarType::Timespan => &totimespan::TOTIMESPAN,
        ScalarType::Guid => &toguid::TOGUID,
        ScalarType::Dynamic => &todynamic::VALUE_TO_DYNAMIC,
    }
}
