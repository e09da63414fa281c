//! `replace_string()`

use crate::budget::Growing;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static REPLACE_STRING: ScalarFunction = ScalarFunction {
    name: "replace_string",
    aliases: &[],
    signatures: &[sig(
        &[p("text", Is(String)), p("lookup", Is(String)), p("rewrite", Is(String))],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "Replaces every occurrence of one string with another.",
    page: "replace-string-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (text, lookup, rewrite) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
    kernel::strings(call.rows, |i, out| {
        let (text, lookup) = (text.get(i), lookup.get(i));
        let mut out = Growing::new(out);
        if lookup.is_empty() {
            return out.push(text);
        }
        let mut rest = 0;
        for (at, found) in text.match_indices(lookup) {
            out.push(text.get(rest..at).unwrap_or(""))?;
            out.push(rewrite.get(i))?;
            rest = at + found.len();
        }
        out.push(text.get(rest..).unwrap_or(""))
    })
}
