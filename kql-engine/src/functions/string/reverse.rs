//! `reverse()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static REVERSE: ScalarFunction = ScalarFunction {
    name: "reverse",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The text with its code points in reverse order.",
    page: "reverse-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        out.extend(text.chars().rev());
    })
}
