//! A value of any type as a dynamic value; the binder uses it where a list or a common type requires dynamic values.

use super::convert::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

/// Not callable by name: `todynamic()` is `parse_json()`.
pub static VALUE_TO_DYNAMIC: ScalarFunction = ScalarFunction {
    name: "dynamic()",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "Converts the value to dynamic.",
    page: "operator:scalar-data-types/dynamic",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::texts(call.rows, |i, out| value.json(i, out))
}
