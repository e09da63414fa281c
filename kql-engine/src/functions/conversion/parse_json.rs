//! `parse_json()`, `todynamic()`

use super::convert::Arg;
use crate::dynamic::read;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static PARSE_JSON: ScalarFunction = ScalarFunction {
    name: "parse_json",
    aliases: &["parsejson", "todynamic", "toobject"],
    signatures: &[sig(&[p("json_text", StringOrDynamic)], Returns::Is(Dynamic))],
    result_name: ResultName::FirstArgument,
    summary: "Parses JSON text as a dynamic value, and strings that hold a date and time as datetimes; text that \
              is not valid JSON becomes a dynamic string.",
    page: "parse-json-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    match Arg::new(call, 0)? {
        Arg::String(texts) => {
            kernel::parts_or_texts(call.rows, |i, out| read::normalized(texts.option(i).unwrap_or(""), out))
        }
        _ => Ok(ColumnarValue::Array(call.array(0)?)),
    }
}
