//! `string_size()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRING_SIZE: ScalarFunction = ScalarFunction {
    name: "string_size",
    aliases: &[],
    signatures: &[sig(&[p("source", StringOrDynamic)], Returns::Is(Long))],
    result_name: ResultName::NameAndFirstArgument,
    summary: "The length of the text in UTF-8 bytes.",
    page: "string-size-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = String::new();
    kernel::longs(call.rows, |i| {
        text.clear();
        value.text(i, &mut text);
        i64::try_from(text.len()).ok()
    })
}
