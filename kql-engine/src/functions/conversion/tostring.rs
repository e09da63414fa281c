//! `tostring()`

use super::convert;
use crate::registry::{Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;

pub static TOSTRING: ScalarFunction = ScalarFunction {
    name: "tostring",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(String))],
    result_name: ResultName::FirstArgument,
    summary: "The text of a value; the empty string for null.",
    page: "tostring-function",
    eval: Eval::Kernel(convert::to_texts),
};
