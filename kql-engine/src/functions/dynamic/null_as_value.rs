//! Replaces null by the null of JSON; the plan uses it where a null is a value.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

/// Not callable by name.
pub static NULL_AS_VALUE: ScalarFunction = ScalarFunction {
    name: "null_as_value",
    aliases: &[],
    signatures: &[sig(&[p("value", Is(Dynamic))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The value, or the JSON value null for a null.",
    page: "operator:scalar-data-types/dynamic",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let values = call.strings(0)?;
    kernel::parts(call.rows, |i| Some(values.option(i).unwrap_or("null")))
}
