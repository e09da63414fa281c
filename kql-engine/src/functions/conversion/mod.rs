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

use crate::registry::ScalarFunction;
use crate::types::ScalarType;

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
