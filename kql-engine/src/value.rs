//! A single value of any KQL type, as in constants of plans and cells of results.

use crate::types::{DECIMAL_SCALE, ScalarType};
use arrow::array::ArrayRef;
use datafusion::common::ScalarValue;
use serde::{Deserialize, Serialize};

/// A value; its type is stored separately (a datetime and a timespan are both ticks).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// The null of every type except string.
    Null,
    /// bool
    Bool(bool),
    /// int
    Int(i32),
    /// long, datetime and timespan (ticks of 100 ns)
    Long(i64),
    /// real
    Real(#[serde(with = "crate::encoded::bits")] f64),
    /// decimal, scaled by 10^18
    Decimal(#[serde(with = "crate::encoded::wide")] crate::decimal::Scaled),
    /// string, guid (canonical text) and dynamic (compact JSON text)
    Text(String),
}

impl Value {
    /// The value of a column that a row's table lacks: a string is never null.
    pub fn missing(ty: ScalarType) -> Value {
        if matches!(ty, ScalarType::String | ScalarType::Unknown) { Value::Text(String::new()) } else { Value::Null }
    }

    /// The Arrow scalar of this value as a value of type `ty`.
    pub fn to_scalar(&self, ty: ScalarType) -> ScalarValue {
        use crate::types::{DECIMAL_PRECISION, ScalarType as T};
        match self {
            Value::Null if matches!(ty, T::String | T::Unknown) => ScalarValue::Utf8(Some(String::new())),
            Value::Null => ScalarValue::try_from(&ty.arrow()).unwrap_or(ScalarValue::Null),
            Value::Bool(b) => ScalarValue::Boolean(Some(*b)),
            Value::Int(i) => ScalarValue::Int32(Some(*i)),
            Value::Long(i) => ScalarValue::Int64(Some(*i)),
            Value::Real(r) => ScalarValue::Float64(Some(*r)),
            Value::Decimal(d) => ScalarValue::Decimal256(Some(*d), DECIMAL_PRECISION, DECIMAL_SCALE),
            Value::Text(s) => ScalarValue::Utf8(Some(s.clone())),
        }
    }

    /// The value of an Arrow scalar; `None` for an Arrow type that no KQL type uses.
    pub fn from_scalar(scalar: &ScalarValue) -> Option<Value> {
        if scalar.is_null() {
            return Some(Value::Null);
        }
        Some(match scalar {
            ScalarValue::Boolean(Some(b)) => Value::Bool(*b),
            ScalarValue::Int32(Some(i)) => Value::Int(*i),
            ScalarValue::Int64(Some(i)) => Value::Long(*i),
            ScalarValue::Float64(Some(r)) => Value::Real(*r),
            ScalarValue::Decimal256(Some(d), ..) => Value::Decimal(*d),
            ScalarValue::Utf8(Some(s)) | ScalarValue::LargeUtf8(Some(s)) | ScalarValue::Utf8View(Some(s)) => {
                Value::Text(s.clone())
            }
            _ => return None,
        })
    }

    /// The first value of an array.
    pub fn first(array: &ArrayRef) -> Option<Value> {
        Value::from_scalar(&ScalarValue::try_from_array(array, 0).ok()?)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(s) => Some(s),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_long(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(i64::from(*i)),
            Value::Long(i) => Some(*i),
            _ => None,
        }
    }
}
