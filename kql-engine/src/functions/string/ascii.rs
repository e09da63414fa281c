//! `isascii()`, `isutf8()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Bool;

pub static ISASCII: ScalarFunction = ScalarFunction {
    name: "isascii",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if the text contains only ASCII characters.",
    page: "isascii-function",
    eval: Eval::Kernel(|call| {
        let value = Arg::new(call, 0)?;
        let mut text = String::new();
        kernel::bools(call.rows, |i| {
            text.clear();
            value.text(i, &mut text);
            Some(text.is_ascii())
        })
    }),
};

pub static ISUTF8: ScalarFunction = ScalarFunction {
    name: "isutf8",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if the text is valid UTF-8, which in this engine every text is.",
    page: "isutf8-function",
    eval: Eval::Kernel(|call| kernel::bools(call.rows, |_| Some(true))),
};
