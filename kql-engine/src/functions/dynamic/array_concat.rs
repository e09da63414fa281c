//! `array_concat()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, repeated, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ARRAY_CONCAT: ScalarFunction = ScalarFunction {
    name: "array_concat",
    aliases: &[],
    signatures: &[sig(&[repeated("array", DynamicArray, 64)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "All elements of all arrays in one array; arguments that are not arrays are skipped.",
    page: "array-concat-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let arrays = (0..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let mut arrays = arrays.iter().map(|a| a.get(i)).filter(|a| read::kind(a) == Kind::Array).peekable();
        let some = arrays.peek().is_some();
        write::array_within(arrays.flat_map(read::elements), out).map(|()| some)
    })
}
