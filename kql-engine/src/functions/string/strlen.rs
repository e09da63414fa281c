//! `strlen()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRLEN: ScalarFunction = ScalarFunction {
    name: "strlen",
    aliases: &[],
    signatures: &[sig(&[p("source", StringOrDynamic)], Returns::Is(Long))],
    result_name: ResultName::NameAndFirstArgument,
    summary: "The number of Unicode code points in the text.",
    page: "strlen-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    match Arg::new(call, 0)? {
        Arg::String(texts) => kernel::longs(call.rows, |i| Some(texts.get(i).chars().count() as i64)),
        value => {
            let mut text = String::new();
            kernel::longs(call.rows, |i| {
                text.clear();
                value.text(i, &mut text);
                Some(text.chars().count() as i64)
            })
        }
    }
}
