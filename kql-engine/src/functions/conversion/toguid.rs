//! `toguid()`

use super::convert::{Arg, guid_of};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, Guid, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOGUID: ScalarFunction = ScalarFunction {
    name: "toguid",
    aliases: &[],
    signatures: &[sig(&[p("value", ParameterType::OneOf(&[String, Dynamic, Guid]))], Returns::Is(Guid))],
    result_name: ResultName::FirstArgument,
    summary: "Converts text of 32 hexadecimal digits, with or without hyphens, to a guid.",
    page: "toguid-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::texts(call.rows, |i, out| {
        text.clear();
        let found = value.text(i, &mut text).then(|| guid_of(&text)).flatten();
        found.map(|g| out.push_str(&g)).is_some()
    })
}
