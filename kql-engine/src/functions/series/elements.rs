//! `series_sin()`, `series_abs()` and similar functions: a function applied to every element.

use super::read::{self, Numbers};
use crate::registry::{
    Call, Eval, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] = [sig(&[p("series", DynamicArray)], Returns::Is(Dynamic))];

macro_rules! element {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $numbers:ident, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, Numbers::$numbers, $of)),
        };
    };
}

element!(EXP, "series_exp", "series-exp-function", "e to the power of each element.", Real, |x| Some(x.exp()));
element!(
    LOG,
    "series_log",
    "series-log-function",
    "The natural logarithm of each element; null of a negative one.",
    Real,
    |x| if x < 0.0 { None } else { Some(x.ln()) }
);
element!(SIN, "series_sin", "series-sin-function", "The sine of each element.", Real, |x| Some(x.sin()));
element!(COS, "series_cos", "series-cos-function", "The cosine of each element.", Real, |x| Some(x.cos()));
element!(TAN, "series_tan", "series-tan-function", "The tangent of each element.", Real, |x| Some(x.tan()));
element!(ASIN, "series_asin", "series-asin-function", "The angle whose sine each element is.", Real, |x| Some(
    x.asin()
));
element!(ACOS, "series_acos", "series-acos-function", "The angle whose cosine each element is.", Real, |x| Some(
    x.acos()
));
element!(ATAN, "series_atan", "series-atan-function", "The angle whose tangent each element is.", Real, |x| Some(
    x.atan()
));
element!(ABS, "series_abs", "series-abs-function", "The magnitude of each element.", Whole, |x| Some(x.abs()));
element!(SIGN, "series_sign", "series-sign-function", "1, 0 or -1 by the sign of each element.", Whole, |x| {
    Some(if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    })
});
element!(
    FLOOR,
    "series_floor",
    "series-floor-function",
    "The greatest whole number that is not above each element.",
    Whole,
    |x| Some(x.floor())
);
element!(
    CEILING,
    "series_ceiling",
    "series-ceiling-function",
    "The smallest whole number that is not below each element.",
    Whole,
    |x| Some(x.ceil())
);

/// `numbers`: how the results for whole numbers are written.
fn run(call: &Call, numbers: Numbers, of: fn(f64) -> Option<f64>) -> Result<ColumnarValue> {
    read::map(call.rows, &call.strings(0)?, |_, series, out| {
        read::numbers(series.values.iter().map(|v| v.and_then(of)), numbers.and(series.numbers), out);
        true
    })
}
