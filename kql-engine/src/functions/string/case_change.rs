//! `tolower()`, `toupper()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOLOWER: ScalarFunction = ScalarFunction {
    name: "tolower",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The text in lower case.",
    page: "tolower-function",
    eval: Eval::Kernel(|call| change(call, lower)),
};

pub static TOUPPER: ScalarFunction = ScalarFunction {
    name: "toupper",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The text in upper case.",
    page: "toupper-function",
    eval: Eval::Kernel(|call| change(call, upper)),
};

fn change(call: &Call, one: fn(char) -> char) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        out.extend(text.chars().map(one));
    })
}

/// Maps one character to one, as .NET's invariant mapping does: `ß` stays `ß`.
fn lower(c: char) -> char {
    single(c, c.to_lowercase())
}

fn upper(c: char) -> char {
    single(c, c.to_uppercase())
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
