//! `isnan()`, `isinf()`, `isfinite()`; null for null.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::{Bool, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] = [sig(&[p("number", Is(Real))], Returns::Is(Bool))];

macro_rules! float_test {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $of)),
        };
    };
}

float_test!(ISNAN, "isnan", "isnan-function", "True of NaN.", f64::is_nan);
float_test!(ISINF, "isinf", "isinf-function", "True of positive and negative infinity.", f64::is_infinite);
float_test!(ISFINITE, "isfinite", "isfinite-function", "True of all but NaN and the infinities.", f64::is_finite);

fn run(call: &Call, test: fn(f64) -> bool) -> Result<ColumnarValue> {
    let number = call.reals(0)?;
    kernel::bools(call.rows, |i| number.get(i).map(test))
}
