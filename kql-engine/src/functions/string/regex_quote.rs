//! `regex_quote()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static REGEX_QUOTE: ScalarFunction = ScalarFunction {
    name: "regex_quote",
    aliases: &[],
    signatures: &[sig(&[p("string", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Escapes every character that has a meaning in a regular expression.",
    page: "regex-quote-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        out.push_str(&regex::escape(&text));
    })
}
