//! `tohex()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Integer, Is},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

pub static TOHEX: ScalarFunction = ScalarFunction {
    name: "tohex",
    aliases: &[],
    signatures: &[sig(&[p("value", Integer), optional("minLength", Is(Long))], Returns::Is(String))],
    result_name: ResultName::FirstArgument,
    summary: "A whole number in hexadecimal, padded to a minimum number of digits of at most 16.",
    page: "tohex-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (value, length) = (Arg::new(call, 0)?, call.longs_or(1, 1)?);
    kernel::strings(call.rows, |i, out| {
        let width = usize::try_from(length.get(i).unwrap_or(1).clamp(1, 16)).unwrap_or(1);
        match &value {
            Arg::Int(v) => {
                if let Some(value) = v.get(i) {
                    let _ = write!(out, "{value:0width$x}");
                }
            }
            Arg::Long(v) => {
                if let Some(value) = v.get(i) {
                    let _ = write!(out, "{value:0width$x}");
                }
            }
            _ => {}
        }
    })
}
