//! `pack_array()`

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, repeated, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static PACK_ARRAY: ScalarFunction = ScalarFunction {
    name: "pack_array",
    aliases: &[],
    signatures: &[sig(&[repeated("value", Scalar, 32767).kind(ArgumentKind::StarAllowed)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of the arguments; `*` alone stands for all columns.",
    page: "pack-array-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let values = (0..call.len()).map(|n| Arg::new(call, n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let written = write::list_within(values.iter(), out, |value, out| {
            if !value.json(i, out) {
                out.push_str("null");
            }
        });
        written.map(|()| true)
    })
}
