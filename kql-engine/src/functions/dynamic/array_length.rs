//! `array_length()`

use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ARRAY_LENGTH: ScalarFunction = ScalarFunction {
    name: "array_length",
    aliases: &["arraylength"],
    signatures: &[sig(&[p("array", DynamicArray)], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "The number of elements in an array; null if the value is not an array.",
    page: "array-length-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let arrays = call.strings(0)?;
    kernel::longs(call.rows, |i| {
        let text = arrays.option(i)?;
        (read::kind(text) == Kind::Array).then(|| read::elements(text).count() as i64)
    })
}
