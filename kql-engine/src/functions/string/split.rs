//! `split()`

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel::{self, Longs};
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static SPLIT: ScalarFunction = ScalarFunction {
    name: "split",
    aliases: &[],
    signatures: &[sig(
        &[p("source", Scalar), p("delimiter", Is(String)), optional("requestedIndex", Is(Long))],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Splits text at a delimiter into an array; with an index, an array of that part only, or null if \
              there is no such part.",
    page: "split-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let delimiter = call.strings(1)?;
    let index = if call.len() > 2 { call.longs(2)? } else { Longs::Scalar(None) };
    let mut text = std::string::String::new();
    kernel::texts(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        let delimiter = delimiter.get(i);
        // an empty delimiter splits nothing
        let parts = text.split(if delimiter.is_empty() { "\u{0}\u{0}" } else { delimiter });
        out.push('[');
        if let Some(index) = index.get(i) {
            let Some(part) = usize::try_from(index).ok().and_then(|n| parts.clone().nth(n)) else { return false };
            write::string(part, out);
        } else {
            write::commas(parts, out, write::string);
        }
        out.push(']');
        true
    })
}
