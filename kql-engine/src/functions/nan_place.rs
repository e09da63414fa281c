//! The position of NaN among sorted numbers: next to the nulls, in both directions.

use super::kernel::Reals;
use crate::registry::Expr;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType;
use arrow::array::Float64Array;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

static SIGNATURES: [Signature; 1] = [sig(&[p("number", Is(ScalarType::Real))], Returns::Is(ScalarType::Real))];

macro_rules! nan_place {
    ($row:ident, $name:literal, $nan:expr) => {
        static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: "",
            page: "sort-operator",
            eval: Eval::Kernel(|call| placed(call, $nan)),
        };
    };
}

// numbers are sorted by their bits: NaN with a sign is before all others, and NaN without one after them
nan_place!(NAN_LEAST, "nan_least", -f64::NAN.abs());
nan_place!(NAN_GREATEST, "nan_greatest", f64::NAN.abs());

/// Functions that are not callable by name.
pub(super) static INTERNAL: [&ScalarFunction; 2] = [&NAN_LEAST, &NAN_GREATEST];

/// The sort key of a value: the value itself, or a number that puts NaN next to the nulls.
pub fn sort_key(value: Expr, ascending: bool, nulls_first: bool) -> Expr {
    if value.ty != ScalarType::Real {
        return value;
    }
    let span = value.span;
    let function = if ascending == nulls_first { &NAN_LEAST } else { &NAN_GREATEST };
    Expr::call(function, vec![value], ScalarType::Real, span)
}

fn placed(call: &Call, nan: f64) -> Result<ColumnarValue> {
    match (call.reals(0)?, call.args) {
        (Reals::Column(numbers), _) if numbers.values().iter().any(|n| n.is_nan()) => {
            let placed: Float64Array = numbers.unary(|n| if n.is_nan() { nan } else { n });
            Ok(ColumnarValue::Array(Arc::new(placed)))
        }
        // one value for all rows: nothing to sort
        (_, [value, ..]) => Ok(value.clone()),
        (_, []) => internal_err!("an argument is missing"),
    }
}
